//! Component and resource access by name, and the wording of what is refused.

use super::*;
use bevy::ecs::component::Component;
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent, ReflectResource};
use bevy::ecs::resource::Resource;
use bevy::ecs::world::World;
use bevy::math::{Vec2, Vec3};
use bevy::platform::collections::{HashMap, HashSet};
use bevy::prelude::{Name, ReflectDefault};
use bevy::reflect::Reflect;
use bevy::transform::components::Transform;

#[derive(Component, Reflect, Default, Debug, PartialEq)]
#[reflect(Component, Default)]
struct Health {
    points: u8,
    regeneration: Option<f32>,
    mood: Mood,
    history: Vec<i32>,
}

#[derive(Reflect, Default, Debug, PartialEq)]
enum Mood {
    #[default]
    Calm,
    Angry,
    Hunting {
        prey: String,
    },
}

#[derive(Component, Reflect, Default, Debug, PartialEq)]
#[reflect(Component, Default)]
struct Velocity(Vec2);

/// Collections of every kind.
#[derive(Component, Reflect, Default, Debug, PartialEq)]
#[reflect(Component, Default)]
struct Bag {
    items: Vec<Item>,
    nested: Vec<Vec<i32>>,
    more: Option<Vec<i32>>,
    counts: HashMap<String, u8>,
    by_number: HashMap<u32, String>,
    tags: HashSet<String>,
    pair: [f32; 2],
    moods: Vec<Mood>,
    strict: Vec<Strict>,
}

#[derive(Reflect, Default, Debug, PartialEq)]
#[reflect(Default)]
struct Item {
    name: String,
    weight: f32,
}

/// Neither a default nor optional fields.
#[derive(Reflect, Debug, PartialEq)]
struct Strict {
    left: u8,
    right: u8,
}

#[derive(Component, Reflect)]
#[component(immutable)]
#[reflect(Component)]
struct Team(u8);

#[derive(Resource, Reflect, Default)]
#[reflect(Resource, Default)]
struct Gravity {
    strength: f32,
}

struct Bench {
    world: World,
    directory: TypeDirectory,
    entity: Entity,
}

impl Bench {
    fn new() -> Self {
        let mut world = World::new();
        let registry = AppTypeRegistry::default();
        {
            let mut types = registry.write();
            types.register::<Health>();
            types.register::<Velocity>();
            types.register::<Team>();
            types.register::<Gravity>();
            types.register::<Transform>();
            types.register::<Name>();
            types.register::<Mood>();
            types.register::<Bag>();
        }
        world.insert_resource(registry);
        let entity = world
            .spawn((
                Health::default(),
                Bag::default(),
                Velocity::default(),
                Transform::default(),
                Team(1),
                Name::new("door"),
            ))
            .id();
        Self { world, directory: TypeDirectory::default(), entity }
    }

    fn target(&mut self, name: &str) -> Target {
        let access =
            self.directory.component(&mut self.world, name).expect("a registered component");
        Target { access, entity: Some(self.entity) }
    }

    fn read(&mut self, name: &str, path: &[&str]) -> Result<HostValue, String> {
        self.target(name).read(&self.world, &steps(path)).map_err(|error| error.to_string())
    }

    fn write(&mut self, name: &str, path: &[&str], value: HostValue) -> Result<(), String> {
        self.target(name)
            .write(&mut self.world, &steps(path), &value)
            .map_err(|error| error.to_string())
    }

    fn error(&mut self, name: &str, path: &[&str], value: HostValue) -> String {
        self.write(name, path, value).expect_err("a write that must be refused")
    }
}

fn steps(path: &[&str]) -> Vec<Step> {
    let step =
        |part: &&str| part.parse().map_or_else(|_| Step::Field((*part).into()), Step::Element);
    path.iter().map(step).collect()
}

fn text(text: &str) -> HostValue {
    HostValue::String(text.to_owned())
}

#[test]
fn fields_are_read_and_written() {
    let mut bench = Bench::new();
    assert_eq!(bench.read("Transform", &[]), Ok(HostValue::Composite));
    assert_eq!(bench.read("Transform", &["scale"]), Ok(HostValue::Vec3(Vec3::ONE)));
    bench
        .write("Transform", &["translation"], HostValue::Vec3(Vec3::new(1.0, 2.0, 3.0)))
        .expect("fits");
    bench.write("Transform", &["translation", "x"], HostValue::Integer(7)).expect("fits");
    assert_eq!(
        bench.read("Transform", &["translation"]),
        Ok(HostValue::Vec3(Vec3::new(7.0, 2.0, 3.0)))
    );
    bench
        .write("Health", &["points"], HostValue::Number(200.0))
        .expect("a float that is an integer");
    assert_eq!(bench.read("Health", &["points"]), Ok(HostValue::Integer(200)));
}

#[test]
fn options_newtypes_and_enums_look_like_what_they_hold() {
    let mut bench = Bench::new();
    assert_eq!(bench.read("Health", &["regeneration"]), Ok(HostValue::Nil));
    bench.write("Health", &["regeneration"], HostValue::Number(0.5)).expect("some");
    assert_eq!(bench.read("Health", &["regeneration"]), Ok(HostValue::Number(0.5)));
    bench.write("Health", &["regeneration"], HostValue::Nil).expect("none");
    assert_eq!(bench.read("Health", &["regeneration"]), Ok(HostValue::Nil));

    assert_eq!(bench.read("Velocity", &[]), Ok(HostValue::Vec2(Vec2::ZERO)));
    bench
        .write("Velocity", &[], HostValue::Vec2(Vec2::new(3.0, 4.0)))
        .expect("the newtype is its content");
    assert_eq!(bench.read("Velocity", &["y"]), Ok(HostValue::Number(4.0)));

    assert_eq!(bench.read("Name", &[]), Ok(text("door")));
    bench.write("Name", &[], text("gate")).expect("a name is a string");
    assert_eq!(bench.read("Name", &[]), Ok(text("gate")));

    assert_eq!(bench.read("Health", &["mood"]), Ok(text("Calm")));
    bench.write("Health", &["mood"], text("Angry")).expect("a unit variant by name");
    assert_eq!(bench.read("Health", &["mood"]), Ok(text("Angry")));
    let hunting = HostValue::Fields(vec![("prey".to_owned(), text("rabbit"))]);
    bench
        .write("Health", &["mood"], HostValue::Fields(vec![("Hunting".to_owned(), hunting)]))
        .expect("a variant");
    assert_eq!(bench.read("Health", &["mood", "prey"]), Ok(text("rabbit")));
}

#[test]
fn lists_count_from_one() {
    let mut bench = Bench::new();
    let items = [1, 2, 3].map(HostValue::Integer).to_vec();
    bench.write("Health", &["history"], HostValue::Sequence(items)).expect("a list");
    assert_eq!(bench.read("Health", &["history", "3"]), Ok(HostValue::Integer(3)));
    assert_eq!(
        bench.read("Health", &["history", "4"]),
        Err("Vec<i32> has 3 elements, there is no number 4".to_owned())
    );
}

#[test]
fn refusals_name_what_exists() {
    let mut bench = Bench::new();
    let unknown = bench
        .directory
        .component(&mut bench.world, "Transfrom")
        .map(|_| ())
        .expect_err("a misspelt name");
    assert_eq!(
        unknown.to_string(),
        "component 'Transfrom' is not registered; did you mean 'Transform'?"
    );
    let no_component = bench
        .directory
        .component(&mut bench.world, "Mood")
        .map(|_| ())
        .expect_err("not a component");
    assert_eq!(
        no_component.to_string(),
        "'Mood' is a type, but not a component: its #[reflect(Component)] is missing"
    );
    assert_eq!(
        bench.error("Transform", &["translatoin"], HostValue::Nil),
        "field 'translatoin' of Transform does not exist; fields: translation, rotation, scale; did you mean \
         'translation'?"
    );
    assert_eq!(
        bench.error("Transform", &["translation", "x"], text("far")),
        "field 'x' of Vec3 wants a number, got string"
    );
    assert_eq!(
        bench.error("Health", &["points"], HostValue::Integer(300)),
        "field 'points' of Health wants an integer from 0 to 255, got number 300"
    );
    assert_eq!(
        bench.error("Health", &["mood"], text("Angri")),
        "Mood has no variant 'Angri'; did you mean 'Angry'?; variants: Calm, Angry, Hunting"
    );
    assert_eq!(
        bench.error("Health", &["mood"], text("Hunting")),
        "field 'mood' of Health wants { Hunting = … }: this variant has content, got string"
    );
    assert_eq!(
        bench.error("Team", &[], HostValue::Integer(2)),
        "'Team' cannot be changed in place (an immutable component); entity:insert replaces it"
    );
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut bench = Bench::new();
    bench.world.clear_trackers();
    let fields = vec![
        ("scale".to_owned(), HostValue::Vec3(Vec3::ZERO)),
        ("rotation".to_owned(), text("left")),
    ];
    bench.error("Transform", &[], HostValue::Fields(fields));
    let transform = bench.world.entity(bench.entity).get_ref::<Transform>().expect("still there");
    assert_eq!(*transform, Transform::default());
    assert!(!bevy::ecs::change_detection::DetectChanges::is_changed(&transform));
}

#[test]
fn components_are_made_from_tables() {
    let mut bench = Bench::new();
    let access = bench.target("Health").access;
    let some = HostValue::Fields(vec![("points".to_owned(), HostValue::Integer(9))]);
    let made = access.construct(&mut bench.world, &some).expect("the rest is default");
    assert_eq!(made.downcast_ref::<Health>().map(|health| health.points), Some(9));
    let access = bench.target("Team").access;
    let refused = access
        .construct(&mut bench.world, &HostValue::Nil)
        .map(|_| ())
        .expect_err("there is no default");
    assert!(refused.to_string().contains("nor a default"), "{refused}");
    let made = access.construct(&mut bench.world, &HostValue::Integer(4)).expect("complete");
    assert_eq!(made.downcast_ref::<Team>().map(|team| team.0), Some(4));
}

#[test]
fn resources_come_and_go() {
    let mut bench = Bench::new();
    let access = bench.directory.resource(&mut bench.world, "Gravity").expect("registered");
    let target = Target { access, entity: None };
    assert_eq!(target.exists(&bench.world), Ok(false));
    bench.world.insert_resource(Gravity { strength: 9.5 });
    assert_eq!(target.read(&bench.world, &steps(&["strength"])), Ok(HostValue::Number(9.5)));
    target
        .write(&mut bench.world, &steps(&["strength"]), &HostValue::Integer(1))
        .expect("a number");
    assert_eq!(bench.world.resource::<Gravity>().strength, 1.0);
}

fn integers(values: &[i64]) -> HostValue {
    HostValue::Sequence(values.iter().map(|value| HostValue::Integer(*value)).collect())
}

fn fields(entries: &[(&str, HostValue)]) -> HostValue {
    HostValue::Fields(
        entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    )
}

impl Bench {
    fn bag(&self) -> &Bag {
        self.world.get::<Bag>(self.entity).expect("it was spawned with one")
    }

    fn put(&mut self, field: &str, value: HostValue) {
        self.write("Bag", &[field], value).expect("a write that fits");
    }
}

#[test]
fn an_assigned_list_is_exactly_what_was_assigned() {
    let mut bench = Bench::new();
    let items = |names: &[&str]| {
        HostValue::Sequence(names.iter().map(|name| fields(&[("name", text(name))])).collect())
    };
    bench.put("items", items(&["a", "b", "c"]));
    bench.write("Bag", &["items", "1", "weight"], HostValue::Number(2.0)).expect("a number");
    bench.put("items", items(&["d"]));
    // The new element is a new one: it does not inherit what was at its place.
    assert_eq!(bench.bag().items, [Item { name: "d".to_owned(), weight: 0.0 }]);
    bench.put("items", integers(&[]));
    assert_eq!(bench.bag().items, []);
    bench.put("nested", HostValue::Sequence(vec![integers(&[1, 2, 3]), integers(&[4])]));
    bench.put("nested", HostValue::Sequence(vec![integers(&[5])]));
    assert_eq!(bench.bag().nested, [vec![5]]);
    bench.put("more", integers(&[1, 2, 3]));
    bench.put("more", integers(&[9]));
    assert_eq!(bench.bag().more, Some(vec![9]));
    bench.put("pair", integers(&[1, 2]));
    assert_eq!(bench.bag().pair, [1.0, 2.0]);
    bench.put(
        "moods",
        HostValue::Sequence(vec![
            text("Angry"),
            fields(&[("Hunting", fields(&[("prey", text("fly"))]))]),
        ]),
    );
    bench.put("moods", HostValue::Sequence(vec![text("Calm")]));
    assert_eq!(bench.bag().moods, [Mood::Calm]);
}

#[test]
fn a_list_inside_an_assigned_struct_is_replaced_and_the_rest_stays() {
    let mut bench = Bench::new();
    bench.put("more", integers(&[1, 2]));
    bench.put("nested", HostValue::Sequence(vec![integers(&[1])]));
    bench.write("Bag", &[], fields(&[("more", integers(&[7]))])).expect("fits");
    assert_eq!((&bench.bag().more, bench.bag().nested.len()), (&Some(vec![7]), 1));
}

#[test]
fn assigned_maps_and_sets_are_exactly_what_was_assigned() {
    let mut bench = Bench::new();
    bench.put("counts", fields(&[("a", HostValue::Integer(1)), ("b", HostValue::Integer(2))]));
    bench.put("counts", fields(&[("b", HostValue::Integer(3))]));
    assert_eq!(bench.bag().counts, HashMap::from_iter([("b".to_owned(), 3)]));
    // An empty table is an empty sequence.
    bench.put("counts", integers(&[]));
    assert!(bench.bag().counts.is_empty());
    bench.put("by_number", HostValue::Sequence(vec![text("one"), text("two")]));
    assert_eq!(bench.bag().by_number.get(&2).map(String::as_str), Some("two"));
    bench.put("tags", HostValue::Sequence(vec![text("red"), text("big")]));
    bench.put("tags", HostValue::Sequence(vec![text("big")]));
    assert_eq!(bench.bag().tags, HashSet::from_iter(["big".to_owned()]));
}

#[test]
fn a_refused_collection_changes_nothing() {
    let mut bench = Bench::new();
    bench.put("more", integers(&[1, 2]));
    for (field, value, part) in [
        (
            "more",
            HostValue::Sequence(vec![HostValue::Integer(1), text("x")]),
            "element 2 of field 'more' of Bag wants an integer",
        ),
        (
            "strict",
            HostValue::Sequence(vec![fields(&[("left", HostValue::Integer(1))])]),
            "element 1 of field 'strict' of Bag cannot be made",
        ),
        (
            "counts",
            fields(&[("a", HostValue::Integer(900))]),
            "entry 'a' of field 'counts' of Bag wants an integer from 0 to 255",
        ),
        ("counts", integers(&[1]), "key 1 of field 'counts' of Bag wants a string"),
        (
            "by_number",
            fields(&[("x", text("y"))]),
            "key 'x' of field 'by_number' of Bag wants an integer",
        ),
        ("tags", integers(&[1]), "element 1 of field 'tags' of Bag wants a string"),
        ("pair", integers(&[1, 2, 3]), "wants a list of 2"),
    ] {
        let error = bench.error("Bag", &[field], value);
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(*bench.bag(), Bag { more: Some(vec![1, 2]), ..Bag::default() });
    bench.put(
        "strict",
        HostValue::Sequence(vec![fields(&[
            ("left", HostValue::Integer(1)),
            ("right", HostValue::Integer(2)),
        ])]),
    );
    assert_eq!(bench.bag().strict, [Strict { left: 1, right: 2 }]);
}
