use super::*;

fn ledger(max_ledger_entries: usize) -> Ledger {
    let tunables = Tunables {
        max_ledger_entries,
        max_ledger_functions: 2,
        undo_windows: 2,
        ..Tunables::default()
    };
    Ledger::new(&tunables)
}

fn decision(function: u64, frame: u64) -> Decision {
    let info = FunctionInfo {
        name: "update".into(),
        source: "balls.lua".into(),
        line: 12,
        bytecodes: 100,
    };
    let prospect = Prospect {
        samples: 20,
        time_ms_per_frame: 1.0,
        saving_ms_per_frame: 0.5,
        cost_ms: 1.0,
        remaining_frames: 50.0,
    };
    Decision {
        function: FunctionId(function),
        info,
        tier: Tier::Baseline,
        frame,
        prospect,
        predicted_cpu_ms: 10.0,
        price: 0.1,
    }
}

#[test]
fn a_row_has_the_keys_of_the_report() {
    let mut ledger = ledger(10);
    ledger.queued(decision(1, 7));
    let json = serde_json::to_string(&ledger.rows()).unwrap();
    assert_eq!(
        json,
        r#"[{"function":"update (balls.lua:12)","tier":"baseline","decided_frame":7,"cost_ms":1.0,"saving_ms_per_frame":0.5,"break_even_predicted":2.0,"break_even_real":null,"outcome":"queued"}]"#
    );
}

#[test]
fn the_real_break_even_lies_within_the_window_that_pays_the_rest() {
    let mut ledger = ledger(10);
    let id = ledger.queued(decision(1, 7));
    ledger.compiled(id, 200.0, 0.1, 9);
    ledger.set_outcome(id, Outcome::Installed, 10);
    // 20 ms to earn: 12 in the first window, the other 8 after 40 more frames at 0.2.
    assert_eq!(ledger.window(id, 0.2, 60.0, false), WindowVerdict::Keep);
    assert_eq!(ledger.entry(id).unwrap().break_even_real, None);
    ledger.window(id, 0.2, 60.0, false);
    let entry = ledger.entry(id).unwrap();
    let frames = entry.break_even_real.unwrap().frames().unwrap();
    assert!((frames - 100.0).abs() < 1e-9, "{frames}");
    assert!((entry.realised_saving_ms_per_frame().unwrap() - 0.2).abs() < 1e-12);
    let totals = ledger.totals(FunctionId(1));
    assert!((totals.cost_ms - 20.0).abs() < 1e-9 && (totals.saving_ms - 24.0).abs() < 1e-9);
}

#[test]
fn what_loses_in_windows_in_a_row_is_undone() {
    let mut ledger = ledger(10);
    let id = ledger.queued(decision(1, 7));
    ledger.compiled(id, 1.0, 1.0, 8);
    assert_eq!(ledger.window(id, -0.5, 60.0, true), WindowVerdict::Keep);
    assert_eq!(ledger.window(id, 0.1, 60.0, false), WindowVerdict::Keep);
    assert_eq!(ledger.window(id, -0.5, 60.0, true), WindowVerdict::Keep);
    assert_eq!(ledger.window(id, -0.5, 60.0, true), WindowVerdict::Undo);
    assert_eq!(ledger.entry(id).unwrap().break_even_real, None);
    assert!(ledger.totals(FunctionId(1)).saving_ms < 0.0);
}

#[test]
fn a_rejection_is_told_once_for_each_reason() {
    let mut ledger = ledger(10);
    let first = ledger.rejected(decision(1, 1), Reason::Cold);
    assert_eq!(ledger.rejected(decision(1, 2), Reason::Cold), first);
    let second = ledger.rejected(decision(1, 3), Reason::LivesTooShort);
    assert_ne!(first, second);
    assert_eq!(ledger.entries().len(), 2);
    assert_eq!(ledger.entry(first).unwrap().decision.frame, 1);
    ledger.queued(decision(1, 4));
    assert_ne!(ledger.rejected(decision(1, 5), Reason::LivesTooShort), second);
}

#[test]
fn length_is_bounded_and_old_ids_find_nothing() {
    let mut ledger = ledger(3);
    let ids: Vec<_> = (0..5).map(|i| ledger.queued(decision(i, i))).collect();
    assert_eq!(ledger.entries().len(), 3);
    assert!(ledger.entry(ids[1]).is_none());
    assert_eq!(ledger.entry(ids[2]).unwrap().decision.function, FunctionId(2));
    // Late news about what is gone is no harm.
    ledger.compiled(ids[0], 1.0, 1.0, 9);
    ledger.set_outcome(ids[0], Outcome::Evicted, 9);
    assert_eq!(ledger.window(ids[0], -1.0, 60.0, true), WindowVerdict::Keep);
}

#[test]
fn totals_are_bounded() {
    let mut ledger = ledger(10);
    for i in 0..4 {
        let id = ledger.queued(decision(i, i));
        ledger.compiled(id, 1.0, 1.0, i);
    }
    assert_eq!(ledger.totals(FunctionId(0)), Totals::default());
    assert_eq!(ledger.totals(FunctionId(3)).cost_ms, 1.0);
}

#[test]
fn the_prediction_is_final_when_the_compilation_is_requested() {
    let mut ledger = ledger(10);
    let id = ledger.queued(decision(1, 7));
    let prospect = Prospect { saving_ms_per_frame: 2.0, ..decision(1, 7).prospect };
    ledger.confirm(id, prospect, 10.0, 0.1);
    let entry = ledger.entry(id).unwrap();
    assert_eq!(entry.break_even_predicted, BreakEven::after(0.5));
    assert_eq!(entry.decision.frame, 7);
}

#[test]
fn outcomes_have_words() {
    let outcomes = [
        Outcome::Rejected(Reason::LivesTooShort),
        Outcome::Cancelled(CancelReason::Reloaded),
        Outcome::Failed("panicked".into()),
    ];
    let texts: Vec<_> = outcomes.iter().map(Outcome::to_string).collect();
    assert_eq!(texts, ["rejected: lives too short", "cancelled: reloaded", "failed: panicked"]);
}
