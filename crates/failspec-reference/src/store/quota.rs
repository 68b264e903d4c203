//! Quotas of limited resources.

use std::{collections::HashMap, sync::Mutex};

use super::lock;

/// Accounts with a limit, such as the capacity of a pool or the quota of an organisation.
#[derive(Debug, Default)]
pub struct Quota {
    accounts: Mutex<HashMap<String, Account>>,
}

#[derive(Debug, Clone, Copy)]
struct Account {
    limit: u64,
    taken: u64,
}

/// The reason why an operation on an account failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The account does not exist.
    #[error("there is no such account")]
    NoAccount,
    /// The requested amount is larger than the available one.
    #[error("only {available} left")]
    Exceeded {
        /// The available amount.
        available: u64,
    },
    /// The account is in use and cannot be closed.
    #[error("the account is in use")]
    InUse,
}

impl Quota {
    /// Opens an account from which nothing is taken yet.
    pub fn open(&self, account: &str, limit: u64) {
        lock(&self.accounts).insert(account.to_owned(), Account { limit, taken: 0 });
    }

    /// Takes an amount from an account, all or nothing.
    ///
    /// # Errors
    /// If there is no such account, or less is available.
    pub fn take(&self, account: &str, amount: u64) -> Result<(), LedgerError> {
        self.change(account, |account| {
            let available = account.limit.saturating_sub(account.taken);
            if amount > available {
                return Err(LedgerError::Exceeded { available });
            }
            account.taken += amount;
            Ok(())
        })
    }

    /// Takes an amount from an account without checking its limit, like a service that forgets the check.
    ///
    /// # Errors
    /// If there is no such account.
    pub fn overdraw(&self, account: &str, amount: u64) -> Result<(), LedgerError> {
        self.change(account, |account| {
            account.taken = account.taken.saturating_add(amount);
            Ok(())
        })
    }

    /// Releases an amount. Nothing happens if the account was closed in the meantime.
    pub fn give_back(&self, account: &str, amount: u64) {
        if let Some(account) = lock(&self.accounts).get_mut(account) {
            account.taken = account.taken.saturating_sub(amount);
        }
    }

    /// The amount that is taken from an account; zero if there is no such account.
    #[must_use]
    pub fn taken(&self, account: &str) -> u64 {
        lock(&self.accounts).get(account).map_or(0, |account| account.taken)
    }

    /// Closes an account from which nothing is taken.
    ///
    /// # Errors
    /// If there is no such account, or if it is in use.
    pub fn close(&self, account: &str) -> Result<(), LedgerError> {
        let mut accounts = lock(&self.accounts);
        match accounts.get(account) {
            None => Err(LedgerError::NoAccount),
            Some(Account { taken: 1.., .. }) => Err(LedgerError::InUse),
            Some(_) => {
                accounts.remove(account);
                Ok(())
            }
        }
    }

    fn change(
        &self,
        account: &str,
        change: impl FnOnce(&mut Account) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        lock(&self.accounts).get_mut(account).map_or(Err(LedgerError::NoAccount), change)
    }
}

#[cfg(test)]
mod tests {
    use super::{LedgerError, Quota};

    #[test]
    fn takes_all_or_nothing() {
        let ledger = Quota::default();
        assert_eq!(ledger.take("pool", 1), Err(LedgerError::NoAccount));
        ledger.open("pool", 4);
        assert_eq!(ledger.take("pool", 3), Ok(()));
        assert_eq!(ledger.take("pool", 2), Err(LedgerError::Exceeded { available: 1 }));
        assert_eq!(ledger.take("pool", u64::MAX), Err(LedgerError::Exceeded { available: 1 }));
        assert_eq!((ledger.taken("pool"), ledger.take("pool", 1)), (3, Ok(())));
        assert_eq!(ledger.close("pool"), Err(LedgerError::InUse));
        ledger.give_back("pool", 9);
        assert_eq!((ledger.close("pool"), ledger.close("pool")), (Ok(()), Err(LedgerError::NoAccount)));
    }

    #[test]
    fn an_overdrawn_account_has_nothing_left() {
        let ledger = Quota::default();
        ledger.open("quota", 1);
        assert_eq!(ledger.overdraw("quota", 5), Ok(()));
        assert_eq!(ledger.take("quota", 1), Err(LedgerError::Exceeded { available: 0 }));
    }
}
