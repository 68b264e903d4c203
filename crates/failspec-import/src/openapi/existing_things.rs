//! Things that are there already: requests that only read use one of them if the API refuses to create what they need.

use std::collections::BTreeMap;

use failspec_base::message::is_safe;
use failspec_pack::pack::{Pointer, writing::ExistingThingSource};

use super::{
    crud::{CreateOperation, bare},
    generate::Generator,
    path_values::names,
    scenario::{Control, Scenario},
};

impl Generator<'_> {
    /// Finds where the ids of things are that are there already, for each operation whose things requests that only read use.
    pub(super) fn find_existing_things(&mut self) {
        let items = self.scenarios.iter().filter(|scenario| only_reads(scenario));
        let items = items.flat_map(|scenario| scenario.around.requests.keys());
        let items: BTreeMap<&String, ()> = items.map(|item| (item, ())).collect();
        let items: Vec<String> = items.into_keys().cloned().collect();
        let creators: Vec<CreateOperation<'_>> =
            items.iter().filter_map(|item| self.creators.of_item(item)).collect();
        for creator in &creators {
            // What makes things of several kinds does not say of which one an id is.
            if creators.iter().filter(|other| other.make.name() == creator.make.name()).count() > 1 {
                continue;
            }
            let creator = *creator;
            let source = self.existing_thing(creator);
            self.existing_things.push((creator.make.name(), source));
        }
    }

    fn existing_thing(&mut self, creator: CreateOperation<'_>) -> ExistingThingSource {
        let make = bare(&creator.make.path);
        let collection = match creator.is_by_address() {
            true => make.strip_suffix("/{}").unwrap_or(&make),
            false => &make,
        };
        let list = self.creators.on("GET", collection);
        let list = list.filter(|list| list.elsewhere.is_none() && !self.skips(list));
        let read = creator.read.unwrap_or(creator.remove);
        let own = names(&read.path).last().copied().unwrap_or_default();
        let found = list.and_then(|list| Some((list, self.ids_in(list, read, own)?)));
        let (list, places) = found.unzip();
        let (items, values) = places.unzip();
        let variable = self.paths.existing(creator, list);
        // Without it, the response is the list.
        let items = items.filter(|items: &Pointer| !items.as_str().is_empty());
        ExistingThingSource { variable, items, values: values.unwrap_or_default() }
    }
}

/// Returns true if all requests of a scenario but those of its setup and teardown only read.
fn only_reads(scenario: &Scenario) -> bool {
    let reads_control = match &scenario.control {
        Control::Request(control) => is_safe(&control.method),
        Control::None(_) => true,
    };
    reads_control && is_safe(&scenario.faulty.method) && scenario.then.is_empty()
}
