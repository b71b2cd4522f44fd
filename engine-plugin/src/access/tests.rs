//! Component and resource access by name, and the wording of what is refused.

use super::*;
use bevy::ecs::component::Component;
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent, ReflectResource};
use bevy::ecs::resource::Resource;
use bevy::ecs::world::World;
use bevy::math::{Vec2, Vec3};
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
        }
        world.insert_resource(registry);
        let entity = world
            .spawn((
                Health::default(),
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
