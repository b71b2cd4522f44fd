//! The table of results, what is wrong with them, and their JSON.

use anyhow::Result;
use serde::Serialize;

use super::engines::Engine;
use super::measure::Measurement;
use super::sizes::Program;

/// A Markdown table: minimum CPU seconds of each program in each engine, the speed against the first engine in
/// brackets, and the geometric means of the speeds.
pub fn table(programs: &[Program], engines: &[Engine], rows: &[Vec<Measurement>]) -> String {
    let mut cells = vec![header(engines)];
    for (program, row) in programs.iter().zip(rows) {
        let mut line = vec![format!("{} ({})", program.name, program.size)];
        line.extend((0..row.len()).map(|at| cell(row, at)));
        cells.push(line);
    }
    let mut last = vec!["geometric mean".to_owned()];
    last.extend(
        (0..engines.len())
            .map(|at| mean(rows, at).map_or("-".to_owned(), |mean| format!("{mean:.2}x"))),
    );
    cells.push(last);
    aligned(&cells)
}

fn header(engines: &[Engine]) -> Vec<String> {
    let titles = engines.iter().map(|engine| engine.title.to_owned());
    std::iter::once("program (size)".to_owned()).chain(titles).collect()
}

fn cell(row: &[Measurement], at: usize) -> String {
    match (row[at].minimum(), speed(row, at)) {
        (Some(seconds), _) if at == 0 => format!("{seconds:.3}"),
        (Some(seconds), Some(speed)) => format!("{seconds:.3} ({speed:.2}x)"),
        (Some(seconds), None) => format!("{seconds:.3}"),
        (None, _) => "failed".to_owned(),
    }
}

/// How many times as fast as the first engine.
fn speed(row: &[Measurement], at: usize) -> Option<f64> {
    Some(row[0].minimum()? / row[at].minimum()?)
}

/// The geometric mean of an engine's speeds over the programs that it and the first engine ran.
fn mean(rows: &[Vec<Measurement>], at: usize) -> Option<f64> {
    let logarithms: Vec<f64> = rows.iter().filter_map(|row| speed(row, at)).map(f64::ln).collect();
    (!logarithms.is_empty())
        .then(|| (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

fn aligned(cells: &[Vec<String>]) -> String {
    let width = |column: usize| cells.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..cells[0].len()).map(width).collect();
    let mut out = String::new();
    for (index, line) in cells.iter().enumerate() {
        let padded = line.iter().zip(&widths).enumerate().map(|(column, (text, &width))| {
            if column == 0 { format!("{text:<width$}") } else { format!("{text:>width$}") }
        });
        out += &format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "));
        if index == 0 {
            let rule = widths.iter().enumerate().map(|(column, &width)| match column {
                0 => "-".repeat(width + 2),
                _ => "-".repeat(width + 1) + ":",
            });
            out += &format!("|{}|\n", rule.collect::<Vec<_>>().join("|"));
        }
    }
    out
}

/// Programs that failed, and outputs that differ from the first engine's.
pub fn problems(
    programs: &[Program],
    engines: &[Engine],
    rows: &[Vec<Measurement>],
) -> Vec<String> {
    let mut problems = Vec::new();
    for (program, row) in programs.iter().zip(rows) {
        for (engine, measurement) in engines.iter().zip(row) {
            if let Some(failure) = &measurement.failure {
                problems.push(format!("{}: {} failed: {failure}", program.name, engine.name));
            } else if let (Some(expected), Some(actual)) = (&row[0].output, &measurement.output)
                && row[0].failure.is_none()
                && expected != actual
            {
                problems.push(format!(
                    "{}: {} prints {:?}, but {} prints {:?}",
                    program.name,
                    engine.name,
                    actual.trim_end(),
                    engines[0].name,
                    expected.trim_end()
                ));
            }
        }
    }
    problems
}

#[derive(Serialize)]
struct Row<'a> {
    program: &'a str,
    size: u64,
    engine: &'a str,
    minimum: Option<f64>,
    median: Option<f64>,
    seconds: &'a [f64],
    /// Against the first engine.
    speed: Option<f64>,
}

/// Every time measured, one object for each program and engine.
pub fn json(programs: &[Program], engines: &[Engine], rows: &[Vec<Measurement>]) -> Result<String> {
    let mut list = Vec::new();
    for (program, row) in programs.iter().zip(rows) {
        for (at, (engine, measurement)) in engines.iter().zip(row).enumerate() {
            list.push(Row {
                program: &program.name,
                size: program.size,
                engine: &engine.name,
                minimum: measurement.minimum(),
                median: measurement.median(),
                seconds: &measurement.seconds,
                speed: speed(row, at),
            });
        }
    }
    Ok(serde_json::to_string_pretty(&list)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(seconds: f64) -> Measurement {
        Measurement { seconds: vec![seconds], ..Measurement::default() }
    }

    #[test]
    fn the_mean_is_geometric() {
        let rows = [vec![measured(1.0), measured(0.5)], vec![measured(1.0), measured(0.125)]];
        let mean = mean(&rows, 1).expect("both ran");
        assert!((mean - 4.0).abs() < 1e-9);
    }
}
