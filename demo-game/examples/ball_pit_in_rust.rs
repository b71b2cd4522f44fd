//! The ball pit's physics in Rust: what `assets/scripts/ball_pit.lua` is measured against.
//!
//! Operation for operation the same algorithm on the same data (bodies as structs, a hash map for the pairs), so it
//! ends in the same state to the last bit: the hash printed here is the `state_hash` of
//! `demo-game --headless --bodies N --frames N`.
//!
//! Run with `cargo run --release -p demo-game --example ball_pit_in_rust -- 3000 600`. The script itself runs without
//! the game, in any Lua 5.4, by `demo-game/examples/ball_pit_alone.lua`.

use std::collections::HashMap;
use std::time::Instant;

const BOUNCE: f64 = 0.35;
const BOUNCE_SPEED: f64 = 60.0;
const DAMPING: f64 = 0.08;
const ITERATIONS: usize = 3;
const PUSH: f64 = 0.35;
const SLOP: f64 = 0.15;
const MARGIN: f64 = 2.0;
const SMALLEST: f64 = 5.0;
const LARGEST: f64 = 9.0;
const WIDTH: f64 = 1280.0;
const HEIGHT: f64 = 720.0;
const GRAVITY: f64 = -600.0;
/// A sixtieth of a second as Bevy's clock has it, in whole nanoseconds.
const STEP: f64 = 0.016666667;
const SEED: i64 = 42;
/// The wall's number among the bodies: it is body 0, as in the script.
const WALL: usize = 0;
const PAIR: u64 = 1_048_576;

#[derive(Clone, Default)]
struct Body {
    x: f64,
    y: f64,
    vx: f64,
    vy: f64,
    r: f64,
    inv_mass: f64,
    next_in_cell: usize,
}

#[derive(Clone, Default)]
struct Contact {
    a: usize,
    b: usize,
    nx: f64,
    ny: f64,
    gap: f64,
    mass: f64,
    goal: f64,
    impulse: f64,
    step: u64,
    key: u64,
}

struct Pit {
    random_state: i64,
    scale: f64,
    /// From 1; 0 is the wall.
    bodies: Vec<Body>,
    cell_size: f64,
    columns: usize,
    rows: usize,
    cells: Vec<usize>,
    pool: Vec<Contact>,
    spare: Vec<usize>,
    contacts: Vec<usize>,
    old_contacts: Vec<usize>,
    contact_of_pair: HashMap<u64, usize>,
    step: u64,
}

impl Pit {
    fn new(count: usize) -> Self {
        let middle = (SMALLEST + LARGEST) / 2.0;
        #[allow(clippy::approx_constant, reason = "the script writes it so")]
        let fill = count as f64 * 3.14159 * middle * middle / (WIDTH * HEIGHT);
        let scale = if fill > 0.5 { (0.5 / fill).sqrt() } else { 1.0 };
        let cell_size = 2.0 * LARGEST * scale + MARGIN;
        let columns = (WIDTH / cell_size).floor() as usize + 3;
        let rows = (HEIGHT / cell_size).floor() as usize + 2;
        let mut pit = Self {
            random_state: SEED % 2_147_483_646 + 1,
            scale,
            bodies: vec![Body { r: 1.0, ..Body::default() }],
            cell_size,
            columns,
            rows,
            cells: vec![0; columns * rows + 1],
            pool: Vec::new(),
            spare: Vec::new(),
            contacts: Vec::new(),
            old_contacts: Vec::new(),
            contact_of_pair: HashMap::new(),
            step: 0,
        };
        for _ in 0..count {
            pit.spawn();
        }
        pit
    }

    fn random(&mut self) -> f64 {
        self.random_state = (self.random_state * 16807) % 2_147_483_647;
        self.random_state as f64 / 2_147_483_647.0
    }

    fn spawn(&mut self) {
        let edge = LARGEST * self.scale;
        let x = edge + self.random() * (WIDTH - 2.0 * edge);
        let y = edge + self.random() * (HEIGHT - 2.0 * edge);
        let vx = self.random() * 100.0 - 50.0;
        let vy = self.random() * 100.0 - 50.0;
        let r = (SMALLEST + self.random() * (LARGEST - SMALLEST)) * self.scale;
        self.bodies.push(Body { x, y, vx, vy, r, inv_mass: 100.0 / (r * r), next_in_cell: 0 });
    }

    fn advance(&mut self) {
        self.step += 1;
        std::mem::swap(&mut self.contacts, &mut self.old_contacts);
        let keep = 1.0 - DAMPING * STEP;
        for body in &mut self.bodies[1..] {
            // The script's gravity has an x of 0, and adding that turns a negative zero positive.
            body.vx = (body.vx + 0.0 * STEP) * keep;
            body.vy = (body.vy + GRAVITY * STEP) * keep;
        }
        self.fill_grid();
        self.find_contacts();
        self.drop_old_contacts();
        self.prepare();
        for _ in 0..ITERATIONS {
            self.solve();
        }
        for body in &mut self.bodies[1..] {
            body.x += body.vx * STEP;
            body.y += body.vy * STEP;
        }
        self.push_apart();
        for body in &mut self.bodies[1..] {
            body.x = body.x.clamp(body.r, WIDTH - body.r);
            body.y = body.y.clamp(body.r, HEIGHT - body.r);
        }
    }

    fn fill_grid(&mut self) {
        self.cells.fill(0);
        for (index, body) in self.bodies.iter_mut().enumerate().skip(1) {
            let row = (body.y / self.cell_size).floor() as usize;
            let cell = row * self.columns + (body.x / self.cell_size).floor() as usize + 2;
            body.next_in_cell = self.cells[cell];
            self.cells[cell] = index;
        }
    }

    fn find_contacts(&mut self) {
        let last_row = self.rows - 2;
        for row in 0..=last_row {
            for column in 1..=self.columns - 2 {
                let cell = row * self.columns + column + 1;
                let up = cell + self.columns;
                let lists = [cell + 1, up - 1, up, up + 1].map(|cell| self.cells[cell]);
                let at_wall =
                    row == 0 || row >= last_row - 1 || column == 1 || column >= self.columns - 3;
                let mut index = self.cells[cell];
                while index != 0 {
                    let next = self.bodies[index].next_in_cell;
                    if at_wall {
                        self.check_walls(index);
                    }
                    self.check_list(index, next);
                    for list in lists {
                        self.check_list(index, list);
                    }
                    index = next;
                }
            }
        }
    }

    fn check_list(&mut self, index: usize, mut other: usize) {
        let (x, y) = (self.bodies[index].x, self.bodies[index].y);
        let reach_of_body = self.bodies[index].r + MARGIN;
        while other != 0 {
            let candidate = &self.bodies[other];
            let next = candidate.next_in_cell;
            let (dx, dy) = (candidate.x - x, candidate.y - y);
            let reach = reach_of_body + candidate.r;
            let squared = dx * dx + dy * dy;
            if squared < reach * reach && squared > 1e-12 {
                let distance = squared.sqrt();
                let key = index.min(other) as u64 * PAIR + index.max(other) as u64;
                self.touch(
                    key,
                    index,
                    other,
                    (dx / distance, dy / distance),
                    distance - reach + MARGIN,
                );
            }
            other = next;
        }
    }

    fn check_walls(&mut self, index: usize) {
        let Body { x, y, r, .. } = self.bodies[index];
        let reach = r + MARGIN;
        let key = index as u64 * PAIR;
        if x < reach {
            self.touch(key + 1_048_572, index, WALL, (-1.0, 0.0), x - r);
        }
        if WIDTH - x < reach {
            self.touch(key + 1_048_573, index, WALL, (1.0, 0.0), WIDTH - x - r);
        }
        if y < reach {
            self.touch(key + 1_048_574, index, WALL, (0.0, -1.0), y - r);
        }
        if HEIGHT - y < reach {
            self.touch(key + 1_048_575, index, WALL, (0.0, 1.0), HEIGHT - y - r);
        }
    }

    fn touch(&mut self, key: u64, a: usize, b: usize, (nx, ny): (f64, f64), gap: f64) {
        let (pool, spare) = (&mut self.pool, &mut self.spare);
        let slot = *self.contact_of_pair.entry(key).or_insert_with(|| {
            let slot = spare.pop().unwrap_or_else(|| {
                pool.push(Contact::default());
                pool.len() - 1
            });
            pool[slot].impulse = 0.0;
            slot
        });
        let mass = 1.0 / (self.bodies[a].inv_mass + self.bodies[b].inv_mass);
        let contact = &mut self.pool[slot];
        *contact = Contact { a, b, nx, ny, gap, mass, step: self.step, key, ..*contact };
        self.contacts.push(slot);
    }

    fn drop_old_contacts(&mut self) {
        for slot in self.old_contacts.drain(..) {
            if self.pool[slot].step != self.step {
                self.contact_of_pair.remove(&self.pool[slot].key);
                self.spare.push(slot);
            }
        }
    }

    fn approach(&self, contact: &Contact) -> f64 {
        let (a, b) = (&self.bodies[contact.a], &self.bodies[contact.b]);
        (b.vx - a.vx) * contact.nx + (b.vy - a.vy) * contact.ny
    }

    fn apply(&mut self, slot: usize, impulse: f64) {
        let contact = &self.pool[slot];
        let (px, py) = (contact.nx * impulse, contact.ny * impulse);
        let a = &mut self.bodies[contact.a];
        a.vx -= px * a.inv_mass;
        a.vy -= py * a.inv_mass;
        let b = &mut self.bodies[contact.b];
        b.vx += px * b.inv_mass;
        b.vy += py * b.inv_mass;
    }

    fn prepare(&mut self) {
        for index in 0..self.contacts.len() {
            let slot = self.contacts[index];
            let speed = self.approach(&self.pool[slot]);
            let gap = self.pool[slot].gap;
            let goal = if gap > 0.0 { -gap / STEP } else { 0.0 };
            let bounces = speed < -BOUNCE_SPEED && speed < goal;
            self.pool[slot].goal = if bounces { -BOUNCE * speed } else { goal };
        }
        for index in 0..self.contacts.len() {
            let slot = self.contacts[index];
            let impulse = self.pool[slot].impulse;
            if impulse > 0.0 {
                self.apply(slot, impulse);
            }
        }
    }

    fn solve(&mut self) {
        for index in 0..self.contacts.len() {
            let slot = self.contacts[index];
            let contact = &self.pool[slot];
            let before = contact.impulse;
            let after = before + (contact.goal - self.approach(contact)) * contact.mass;
            let after = if after < 0.0 { 0.0 } else { after };
            if after != before {
                self.pool[slot].impulse = after;
                self.apply(slot, after - before);
            }
        }
    }

    fn push_apart(&mut self) {
        for &slot in &self.contacts {
            let Contact { a, b, mass, .. } = self.pool[slot];
            if b == WALL {
                continue;
            }
            let (dx, dy) =
                (self.bodies[b].x - self.bodies[a].x, self.bodies[b].y - self.bodies[a].y);
            let reach = self.bodies[a].r + self.bodies[b].r;
            let squared = dx * dx + dy * dy;
            if squared < reach * reach && squared > 1e-12 {
                let distance = squared.sqrt();
                let push = (reach - distance - SLOP) * PUSH * mass / distance;
                if push > 0.0 {
                    let a = &mut self.bodies[a];
                    a.x -= dx * push * a.inv_mass;
                    a.y -= dy * push * a.inv_mass;
                    let b = &mut self.bodies[b];
                    b.x += dx * push * b.inv_mass;
                    b.y += dy * push * b.inv_mass;
                }
            }
        }
    }

    /// FNV-1a over the bits of every position.
    fn hash(&self) -> u64 {
        let bits = self.bodies[1..].iter().flat_map(|body| [body.x.to_bits(), body.y.to_bits()]);
        bits.flat_map(u64::to_le_bytes).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>().expect("a number"));
    let bodies = args.next().unwrap_or(3000);
    let frames = args.next().unwrap_or(600);
    let mut pit = Pit::new(bodies);
    let mut times: Vec<f64> = (0..frames)
        .map(|_| {
            let begun = Instant::now();
            pit.advance();
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let (median, worst) = (times[frames / 2], times[frames - 1]);
    println!("rust: {bodies} bodies, {frames} frames, state {:016x}", pit.hash());
    println!("script: median {median:.3} ms, worst {worst:.3}");
}
