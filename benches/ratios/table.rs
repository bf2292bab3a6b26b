//! One table per database: what, measured, target, and whether the one keeps to the other.

/// What a figure is held against.
pub enum Target {
    /// At most so much, and how that is written.
    AtMost(f64, String),
    /// Shown for comparison alone.
    None,
}

struct Row {
    name: String,
    measured: String,
    target: String,
    mark: &'static str,
}

pub struct Table {
    title: String,
    rows: Vec<Row>,
}

impl Table {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), rows: Vec::new() }
    }

    /// A heading inside the table.
    pub fn heading(&mut self, words: &str) {
        let (measured, target) = (String::new(), String::new());
        self.rows.push(Row { name: words.to_owned(), measured, target, mark: "" });
    }

    /// A figure: its name, its value, and how that is written.
    pub fn row(&mut self, name: &str, value: f64, measured: String, target: Target) {
        let (target, mark) = match target {
            Target::AtMost(most, _) if value.is_nan() || value > most => (target, "OVER"),
            Target::AtMost(..) => (target, "ok"),
            Target::None => (target, ""),
        };
        let target = match target {
            Target::AtMost(_, written) => written,
            Target::None => "-".to_owned(),
        };
        self.rows.push(Row { name: format!("  {name}"), measured, target, mark });
    }

    #[expect(clippy::print_stdout, reason = "this is what the benchmark is for")]
    pub fn print(&self) {
        let widest = |of: fn(&Row) -> &str| {
            self.rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default()
        };
        let (name, measured) = (widest(|row| &row.name), widest(|row| &row.measured));
        let target = widest(|row| &row.target);
        println!("\n{}", self.title);
        for row in &self.rows {
            let line = format!(
                "{:name$}  {:measured$}  {:target$}  {}",
                row.name, row.measured, row.target, row.mark
            );
            println!("{}", line.trim_end());
        }
    }
}
