//! Budgets of attempts, each under a name. An attempt first reserves its place with one guarded
//! write, and then is counted as failed or gives the place back: so many attempts at once are never
//! more than the budget holds, on however many nodes they are made.

use sea_orm::{ConnectionTrait, DbErr};

use super::{Store, hot};

/// A budget: so many failures until a window is over that began with the first of them. The failure
/// that exhausts it begins the window anew, and so does the first attempt at one of which nothing is
/// spent.
#[derive(Clone, Debug)]
pub struct Budget {
    pub name: String,
    pub most: i64,
    /// In milliseconds.
    pub window: i64,
}

/// Whether there was room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Reserved,
    /// Others stand where the last places were, and how they end is not known yet.
    Crowded,
    /// Until then.
    Exhausted(i64),
}

const RESERVE: &str = "\
    INSERT INTO attempts (name, failed, reserved, ends_at) VALUES ($1, 0, 1, $2 + $3) \
    ON CONFLICT (name) DO UPDATE SET \
    failed = CASE WHEN attempts.ends_at <= $2 THEN 0 ELSE attempts.failed END, \
    reserved = CASE WHEN attempts.ends_at <= $2 THEN 1 ELSE attempts.reserved + 1 END, \
    ends_at = CASE WHEN attempts.ends_at <= $2 OR attempts.failed + attempts.reserved = 0 \
    THEN $2 + $3 ELSE attempts.ends_at END \
    WHERE attempts.ends_at <= $2 OR attempts.failed + attempts.reserved < $4";

const STATE: &str = "SELECT failed, ends_at FROM attempts WHERE name = $1 AND ends_at > $2";

/// Reserves a place.
///
/// # Errors
/// The database's.
pub async fn reserve(store: &Store, budget: &Budget, now: i64) -> Result<Room, DbErr> {
    let write = store.write();
    let values = [budget.name.clone().into(), now.into(), budget.window.into(), budget.most.into()];
    if write.execute_raw(hot::statement(write, RESERVE, values)).await?.rows_affected() == 1 {
        return Ok(Room::Reserved);
    }
    without_room(store, budget, now).await
}

const RESERVE_BOTH: &str = "\
    INSERT INTO attempts (name, failed, reserved, ends_at) \
    VALUES ($1, 0, 1, $3 + $4), ($2, 0, 1, $3 + $5) \
    ON CONFLICT (name) DO UPDATE SET \
    failed = CASE WHEN attempts.ends_at <= $3 THEN 0 ELSE attempts.failed END, \
    reserved = CASE WHEN attempts.ends_at <= $3 THEN 1 ELSE attempts.reserved + 1 END, \
    ends_at = CASE WHEN attempts.ends_at <= $3 OR attempts.failed + attempts.reserved = 0 \
    THEN excluded.ends_at ELSE attempts.ends_at END \
    WHERE attempts.ends_at <= $3 \
    OR attempts.failed + attempts.reserved < CASE attempts.name WHEN $1 THEN $6 ELSE $7 END \
    RETURNING name";

/// Reserves a place in each of two budgets by one write; in one of them, where the other has no room.
///
/// # Errors
/// The database's.
pub async fn reserve_both(
    store: &Store,
    budgets: [&Budget; 2],
    now: i64,
) -> Result<[Room; 2], DbErr> {
    let ([first, second], write) = (budgets, store.write());
    let values = [
        first.name.clone().into(),
        second.name.clone().into(),
        now.into(),
        first.window.into(),
        second.window.into(),
        first.most.into(),
        second.most.into(),
    ];
    let rows = write.query_all_raw(hot::statement(write, RESERVE_BOTH, values)).await?;
    let names =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<String>, _>>()?;
    let mut rooms = [Room::Reserved; 2];
    for (room, budget) in rooms.iter_mut().zip(budgets) {
        if !names.contains(&budget.name) {
            *room = without_room(store, budget, now).await?;
        }
    }
    Ok(rooms)
}

async fn without_room(store: &Store, budget: &Budget, now: i64) -> Result<Room, DbErr> {
    let until = exhausted_until(store.read(), budget, now).await?;
    Ok(until.map_or(Room::Crowded, Room::Exhausted))
}

/// When a budget has room again, if failures have used it up.
///
/// # Errors
/// The database's.
pub async fn exhausted_until(
    db: &impl ConnectionTrait,
    budget: &Budget,
    now: i64,
) -> Result<Option<i64>, DbErr> {
    let values = [budget.name.clone().into(), now.into()];
    let Some(row) = db.query_one_raw(hot::statement(db, STATE, values)).await? else {
        return Ok(None);
    };
    let failed: i64 = row.try_get_by_index(0)?;
    if failed >= budget.most { row.try_get_by_index(1).map(Some) } else { Ok(None) }
}

/// When the window of a budget is over, if it is not yet.
///
/// # Errors
/// The database's.
pub async fn ends_at(
    db: &impl ConnectionTrait,
    name: &str,
    now: i64,
) -> Result<Option<i64>, DbErr> {
    let values = [name.into(), now.into()];
    let row = db.query_one_raw(hot::statement(db, STATE, values)).await?;
    row.map(|row| row.try_get_by_index(1)).transpose()
}

const FAIL: &str = "\
    UPDATE attempts SET failed = failed + 1, \
    reserved = CASE WHEN reserved > 0 THEN reserved - 1 ELSE 0 END, \
    ends_at = CASE WHEN failed + 1 >= $3 THEN $2 + $4 ELSE ends_at END \
    WHERE name = $1 RETURNING failed";

/// Counts a reserved attempt as failed; true when it is the one that exhausted the budget.
///
/// # Errors
/// The database's.
pub async fn fail(db: &impl ConnectionTrait, budget: &Budget, now: i64) -> Result<bool, DbErr> {
    let values = [budget.name.clone().into(), now.into(), budget.most.into(), budget.window.into()];
    let Some(row) = db.query_one_raw(hot::statement(db, FAIL, values)).await? else {
        return Ok(false);
    };
    Ok(row.try_get_by_index::<i64>(0)? == budget.most)
}

const RELEASE: &str = "\
    UPDATE attempts SET reserved = CASE WHEN reserved > 0 THEN reserved - 1 ELSE 0 END \
    WHERE name = $1";

/// Gives a reserved place back: nothing failed.
///
/// # Errors
/// The database's.
pub async fn release(db: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    db.execute_raw(hot::statement(db, RELEASE, [name.into()])).await.map(drop)
}

const FORGIVE: &str = "\
    UPDATE attempts SET failed = CASE WHEN failed >= $2 AND ends_at > $3 THEN failed ELSE 0 END, \
    reserved = CASE WHEN reserved > 0 THEN reserved - 1 ELSE 0 END WHERE name = $1";

/// Gives a reserved place back and forgets what failed before, unless that has used the budget up by now.
///
/// # Errors
/// The database's.
pub async fn forgive(db: &impl ConnectionTrait, budget: &Budget, now: i64) -> Result<(), DbErr> {
    let values = [budget.name.clone().into(), budget.most.into(), now.into()];
    db.execute_raw(hot::statement(db, FORGIVE, values)).await.map(drop)
}

const LIFT: &str = "DELETE FROM attempts WHERE name = $1";

/// Forgets a budget: nothing of it is spent.
///
/// # Errors
/// The database's.
pub async fn lift(db: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    db.execute_raw(hot::statement(db, LIFT, [name.into()])).await.map(drop)
}

const TAKE: &str = "\
    INSERT INTO attempts (name, failed, reserved, ends_at) VALUES ($1, 1, 0, $2 + $3) \
    ON CONFLICT (name) DO UPDATE SET \
    failed = CASE WHEN attempts.ends_at <= $2 THEN 1 ELSE attempts.failed + 1 END, \
    ends_at = CASE WHEN attempts.ends_at <= $2 THEN $2 + $3 ELSE attempts.ends_at END \
    WHERE attempts.ends_at <= $2 OR attempts.failed < $4";

/// Takes one of a budget for good; false when it is exhausted.
///
/// # Errors
/// The database's.
pub async fn take(db: &impl ConnectionTrait, budget: &Budget, now: i64) -> Result<bool, DbErr> {
    let values = [budget.name.clone().into(), now.into(), budget.window.into(), budget.most.into()];
    let taken = db.execute_raw(hot::statement(db, TAKE, values)).await?;
    Ok(taken.rows_affected() == 1)
}
