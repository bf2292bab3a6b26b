//! Devices, as people call them: "Firefox on Linux".

use super::language::Language;
use super::words;

/// What a `User-Agent` says of itself (RFC 9110 §10.1.5). Every name is one of ours: what a stranger
/// put into the header never reaches a mail or a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    pub browser: Option<&'static str>,
    pub system: Option<&'static str>,
}

/// What else fetches pages, and is no browser.
const PROGRAMS: [&str; 2] = ["curl", "Python"];
/// What stands in the header, and the name; the first that fits, for browsers claim to be each other.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi", "Vivaldi"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

impl Device {
    /// The device of a `User-Agent`; none where nothing in it is known.
    #[must_use]
    pub fn of(user_agent: &str) -> Option<Self> {
        let find = |table: &[(&str, &'static str)]| {
            table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
        };
        let device = Self { browser: find(&BROWSERS), system: find(&SYSTEMS) };
        (device.browser.is_some() || device.system.is_some()).then_some(device)
    }

    /// The device of these names of ours; none where neither is one.
    #[must_use]
    pub fn named(browser: &str, system: &str) -> Option<Self> {
        let find = |table: &[(&str, &'static str)], name: &str| {
            table.iter().map(|(_, known)| *known).find(|known| *known == name)
        };
        let device = Self { browser: find(&BROWSERS, browser), system: find(&SYSTEMS, system) };
        (device.browser.is_some() || device.system.is_some()).then_some(device)
    }

    /// What it runs on, as apps put it: the web for a browser, whatever its system.
    #[must_use]
    pub fn platform(self) -> Option<&'static str> {
        match self.browser {
            Some(browser) if !PROGRAMS.contains(&browser) => Some("Web"),
            _ => self.system,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self, language: Language) -> String {
        match (self.browser, self.system) {
            (Some(browser), Some(system)) => {
                let args = [("browser", browser), ("system", system)];
                words::say_with(language, "device-both", &args)
            }
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => words::say(language, "device-unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_becomes_words() {
        let words = |header: &str| Device::of(header).map(|device| device.words(Language::En));
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
        assert_eq!(words(chrome).unwrap(), "Chrome on Windows");
        assert_eq!(words(&format!("{chrome} Edg/140.0")).unwrap(), "Edge on Windows");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(words(iphone).unwrap(), "Safari on iPhone");
        let firefox =
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(words(firefox).unwrap(), "Firefox on macOS");
        assert_eq!(words("curl/8.5.0").unwrap(), "curl");
        assert_eq!(words("<script>alert(1)</script>"), None);
    }

    #[test]
    fn a_browser_runs_on_the_web_and_a_program_on_its_system() {
        let platform = |header: &str| Device::of(header).and_then(Device::platform);
        assert_eq!(platform("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0"), Some("Web"));
        assert_eq!(platform("Mozilla/5.0 (Linux; Android 15) Chrome/140.0"), Some("Web"));
        assert_eq!(platform("Acme/1.0 (Android 15)"), Some("Android"));
        assert_eq!(platform("curl/8.5.0"), None);
    }
}
