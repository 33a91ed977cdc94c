using Mlp.Monitoring.Alerts;
using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Tests.Alerts;

public sealed class AlertEvaluatorTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Evaluate_BelowTheThreshold_FiresOnceAndResolvesOnce()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Below, Threshold = 0.8, Severity = AlertSeverity.Critical, Description = "Look." });

        var changes = Run(evaluator, 0.9, 0.7, 0.6, 0.85, 0.9);

        Assert.Equal([(1, AlertState.Firing), (3, AlertState.Resolved)], changes.Select(c => (c.Minute, c.Alert.State)));
        Assert.Equal(changes[0].Alert.Id, changes[1].Alert.Id);
        Assert.Equal(
            "Expected 'performance.auc' of model 'tips' version 1 not below 0.8, but found 0.7 in 1,000 rows.", changes[0].Alert.Message);
        Assert.Equal((AlertSeverity.Critical, "Look.", 0.7, 0.8, 1_000L), (changes[0].Alert.Severity, changes[0].Alert.Description, changes[0].Alert.Value, changes[0].Alert.Threshold, changes[0].Alert.RowCount));
        Assert.Equal("'performance.auc' of model 'tips' version 1 is 0.85 again, in 1,000 rows.", changes[1].Alert.Message);
        Assert.Equal(Noon + (3 * Minute), changes[1].Alert.ResolvedAt);
    }

    [Fact]
    public void Evaluate_ValueOnTheThreshold_DoesNotFire()
        => Assert.Empty(Run(Create(new AlertRuleOptions { Figure = "performance.auc", Threshold = 0.5 }), 0.5, 0.5));

    [Fact]
    public void Evaluate_SwayingBetweenTheThresholds_IsOneAlert()
    {
        var rule = new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Below, Threshold = 0.8, ResolveThreshold = 0.85 };

        Assert.Equal([1, 6], Run(Create(rule), 0.82, 0.79, 0.81, 0.79, 0.84, 0.82, 0.86).Select(c => c.Minute));
        rule.ResolveThreshold = null;
        Assert.Equal([1, 2, 3, 4], Run(Create(rule), 0.82, 0.79, 0.81, 0.79, 0.84, 0.82, 0.86).Select(c => c.Minute));
    }

    [Fact]
    public void Evaluate_ForAWhile_FiresWhenItHasHeldWithoutABreak()
        => Assert.Equal([6], Run(Create(new AlertRuleOptions { Figure = "performance.auc", Threshold = 0.5, For = 3 * Minute }), 0.6, 0.6, 0.4, 0.6, 0.6, 0.6, 0.6).Select(c => c.Minute));

    [Fact]
    public void Evaluate_FigureThatWasAway_BeginsTheWhileAnew()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Threshold = 0.5, For = 3 * Minute });
        var fired = new List<int>();
        for (var i = 0; i < 8; i++)
        {
            var now = Noon + (i * Minute);
            fired.AddRange(evaluator.Evaluate(i == 2 ? [] : [ScriptedFigures.Of(0.6, now)], now).Select(_ => i));
        }

        Assert.Equal([6], fired);
    }

    [Fact]
    public void Evaluate_ConsecutiveWindows_CountsWindowsAndNotLooks()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Threshold = 0.5, ConsecutiveWindows = 3 });
        var fired = new List<int>();
        for (var i = 0; i < 12; i++)
        {
            // A new window every third look.
            if (evaluator.Evaluate([ScriptedFigures.Of(0.9, Noon + (i / 3 * 3 * Minute), window: 3 * Minute)], Noon + (i * Minute)).Count > 0)
            {
                fired.Add(i);
            }
        }

        Assert.Equal([6], fired);
    }

    [Fact]
    public void Evaluate_WithinTheCoolDown_DoesNotFireAgain()
        => Assert.Equal(
            [(0, AlertState.Firing), (1, AlertState.Resolved), (6, AlertState.Firing)],
            Run(Create(new AlertRuleOptions { Figure = "performance.auc", Threshold = 0.5, CoolDown = 5 * Minute }), 0.6, 0.4, 0.6, 0.6, 0.4, 0.6, 0.6, 0.6).Select(c => (c.Minute, c.Alert.State)));

    [Theory]
    [InlineData(AlertCondition.RisesBy, new[] { 3 })]
    [InlineData(AlertCondition.FallsBy, new[] { 5 })]
    [InlineData(AlertCondition.ChangesBy, new[] { 3, 4, 5, 6 })]
    public void Evaluate_ChangeAgainstTheWindowBefore_FiresAtTheStep(AlertCondition condition, int[] expected)
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Condition = condition, Threshold = 0.2 });

        var changes = Run(evaluator, Minute, 100, 110, 110, 140, 140, 100, 100);

        Assert.Equal(expected, changes.Select(c => c.Minute).Where(m => condition == AlertCondition.ChangesBy || m is 3 or 5));
        if (condition == AlertCondition.RisesBy)
        {
            Assert.Equal("Expected 'performance.auc' of model 'tips' version 1 not to rise by more than 20 % from 110, but found 140 in 1,000 rows, a change of 27.27 %.", changes[0].Alert.Message);
        }
    }

    [Fact]
    public void Evaluate_SlidingWindow_IsComparedWithTheOneThatEndedWhereItBegins()
    {
        var rule = new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.RisesBy, Threshold = 0.5 };
        var evaluator = Create(rule);
        var fired = new List<(int Look, double? Reference)>();
        for (var i = 0; i <= 300; i++)
        {
            // Looks of a quarter minute at windows of an hour whose figure grows by 1 % of its beginning each.
            var now = Noon + (i * Minute / 4);
            fired.AddRange(evaluator.Evaluate([ScriptedFigures.Of(100 + i, now, window: 60 * Minute)], now).Select(a => (i, a.Reference)));
        }

        // 240 looks make an hour: (100 + i) / (100 + i - 240) > 1.5 as soon as there is a window before.
        var (look, reference) = Assert.Single(fired);
        Assert.Equal((240, 100), (look, reference));
        Assert.InRange(Assert.Single(evaluator.Instances).Earlier!.Count, 17, 20);
    }

    [Fact]
    public void Evaluate_ChangeAgainstAReference_TakesTheFigureOrTheNumber()
    {
        var byFigure = Create(new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.FallsBy, Threshold = 0.1, ReferenceFigure = "reference.auc" });
        var byNumber = Create(new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.FallsBy, Threshold = 0.1, ReferenceValue = 0.9 });
        Figure[] figures = [ScriptedFigures.Of(0.8, Noon), ScriptedFigures.Of(0.5, Noon, "reference.auc", version: 2), ScriptedFigures.Of(0.9, Noon, "reference.auc")];

        Assert.Equal(0.9, Assert.Single(byFigure.Evaluate(figures, Noon)).Reference);
        Assert.Equal(0.9, Assert.Single(byNumber.Evaluate(figures, Noon)).Reference);
        Assert.Empty(Create(new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.FallsBy, Threshold = 0.1, ReferenceFigure = "absent" }).Evaluate(figures, Noon));
    }

    [Fact]
    public void Evaluate_EachSubject_HasAnAlertOfItsOwn()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "drift.psi", Threshold = 0.25 });
        Figure[] figures = [Psi("fare", 0.3), Psi("miles", 0.4), Psi("hour", 0.1), ScriptedFigures.Of(0.9, Noon, "drift.psi", slice: "area=8", feature: "fare")];

        Assert.Equal(["fare", "miles"], evaluator.Evaluate(figures, Noon).Select(a => a.Subject.Feature));
        Assert.Equal(["miles"], evaluator.Evaluate([Psi("fare", 0.3), Psi("miles", 0.2)], Noon + Minute).Select(a => a.Subject.Feature));

        static Figure Psi(string feature, double value) => ScriptedFigures.Of(value, Noon, "drift.psi", feature: feature);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("*", 3)]
    [InlineData("area=8", 1)]
    public void Evaluate_Slices_AreWatchedWhereTheRuleSaysSo(string? slice, int expected)
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Below, Threshold = 0.8, Slice = slice });

        Assert.Equal(expected, evaluator.Evaluate([ScriptedFigures.Of(0.7, Noon), ScriptedFigures.Of(0.6, Noon, slice: "area=8"), ScriptedFigures.Of(0.6, Noon, slice: "area=9")], Noon).Count);
    }

    [Fact]
    public void Evaluate_WholeInterval_NeedsBothEndsBeyondTheThreshold()
    {
        var rule = new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Below, Threshold = 0.8, WholeInterval = true };

        Assert.Empty(Create(rule).Evaluate([ScriptedFigures.Of(0.75, Noon, lower: 0.7, upper: 0.81)], Noon));
        Assert.Contains("(95 % interval 0.7 to 0.79)", Assert.Single(Create(rule).Evaluate([ScriptedFigures.Of(0.75, Noon, lower: 0.7, upper: 0.79)], Noon)).Message, StringComparison.Ordinal);
        Assert.Single(Create(rule).Evaluate([ScriptedFigures.Of(0.75, Noon)], Noon));
    }

    [Fact]
    public void Evaluate_TooFewRowsOrNaN_SaysNothing()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Below, Threshold = 0.8, MinimumRowCount = 100 });

        Assert.Empty(evaluator.Evaluate([ScriptedFigures.Of(0.1, Noon, rows: 99)], Noon));
        Assert.Empty(evaluator.Evaluate([ScriptedFigures.Of(double.NaN, Noon)], Noon));
        Assert.Single(evaluator.Evaluate([ScriptedFigures.Of(0.1, Noon, rows: 100)], Noon));
    }

    [Fact]
    public void Evaluate_FigureThatIsGone_ResolvesAfterAWhileAndIsForgotten()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Threshold = 0.5 });
        Assert.Single(evaluator.Evaluate([ScriptedFigures.Of(0.9, Noon)], Noon));

        Assert.Empty(evaluator.Evaluate([], Noon + (59 * Minute)));
        var resolved = Assert.Single(evaluator.Evaluate([], Noon + (60 * Minute)));
        Assert.Empty(evaluator.Evaluate([], Noon + (61 * Minute)));

        Assert.Equal((AlertState.Resolved, null), (resolved.State, resolved.Value));
        Assert.EndsWith("is not computed any more, so nothing can be said of it.", resolved.Message, StringComparison.Ordinal);
        Assert.Empty(evaluator.Instances);
    }

    [Fact]
    public void Evaluate_AbsenceOfNewPredictions_FiresAndResolvesWhenTheyComeAgain()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "log.accepted", Model = "tips", Condition = AlertCondition.Absent, For = 5 * Minute });
        var changes = new List<(int Minute, AlertState State)>();
        long[] accepted = [10, 20, 20, 20, 20, 20, 20, 20, 21, 22];
        for (var i = 0; i < accepted.Length; i++)
        {
            var now = Noon + (i * Minute);
            changes.AddRange(evaluator.Evaluate([ScriptedFigures.Of(accepted[i], now, "log.accepted", rows: accepted[i])], now).Select(a => (i, a.State)));
        }

        Assert.Equal([(6, AlertState.Firing), (8, AlertState.Resolved)], changes);
    }

    [Fact]
    public void Evaluate_AbsenceOfAModelThatNeverCame_Fires()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "log.accepted", Model = "tips", Condition = AlertCondition.Absent, For = 5 * Minute });

        Assert.Empty(evaluator.Evaluate([], Noon));
        var alert = Assert.Single(evaluator.Evaluate([], Noon + (5 * Minute)));

        Assert.Equal("Expected a new figure 'log.accepted' of model 'tips' within 300 s, but there has been none for 300 s.".Replace("300 s", "5 min", StringComparison.Ordinal), alert.Message);
    }

    [Fact]
    public void Restore_AbsenceThatFires_GoesOnUntilSomethingComes()
    {
        var options = new AlertRuleOptions { Figure = "log.accepted", Model = "tips", Condition = AlertCondition.Absent, For = 5 * Minute };
        var before = Create(options);
        Assert.Empty(Count(before, 10, 0));
        var fired = Assert.Single(Count(before, 10, 5));

        // The process ends, and another one counts from 0.
        var after = Create(options);
        Assert.Empty(after.Restore(before.Instances, Noon + (6 * Minute)));
        Assert.Empty(after.Evaluate([], Noon + (7 * Minute)));
        Assert.Empty(Count(after, 0, 8));
        Assert.Equal(fired.Id, Assert.Single(after.Instances).Fired?.Id);
        var resolved = Assert.Single(Count(after, 10, 9));

        Assert.Equal((fired.Id, AlertState.Resolved), (resolved.Id, resolved.State));
    }

    [Fact]
    public void Evaluate_AbsenceOfAModelThatIsServedButNotAsked_GoesOn()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "log.accepted", Model = "tips", Condition = AlertCondition.Absent, For = 5 * Minute });

        Assert.Empty(evaluator.Evaluate([], Noon));
        Assert.Single(evaluator.Evaluate([], Noon + (5 * Minute)));
        Assert.Empty(Count(evaluator, 0, 6));
        Assert.Equal(AlertState.Resolved, Assert.Single(Count(evaluator, 1, 7)).State);
    }

    [Fact]
    public void Evaluate_VersionThatAnotherReplaces_IsNoAbsence()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Absent, For = 5 * Minute });
        for (var i = 0; i < 20; i++)
        {
            var now = Noon + (i * Minute);
            Assert.Empty(evaluator.Evaluate([ScriptedFigures.Of(0.8, now, window: Minute, version: i < 10 ? 1 : 2)], now));
        }
    }

    [Fact]
    public void Evaluate_ClockThatGoesBack_NeitherThrowsNorFiresTwice()
    {
        var evaluator = Create(new AlertRuleOptions { Figure = "performance.auc", Threshold = 0.5, For = Minute });

        Assert.Empty(evaluator.Evaluate([ScriptedFigures.Of(0.9, Noon)], Noon));
        Assert.Empty(evaluator.Evaluate([ScriptedFigures.Of(0.9, Noon - (60 * Minute))], Noon - (60 * Minute)));
        Assert.Single(evaluator.Evaluate([ScriptedFigures.Of(0.9, Noon + Minute)], Noon + Minute));
        Assert.Empty(evaluator.Evaluate([ScriptedFigures.Of(0.9, Noon)], Noon));
    }

    private static IReadOnlyList<Alert> Count(AlertEvaluator evaluator, long accepted, int minute)
        => evaluator.Evaluate([ScriptedFigures.Of(accepted, Noon + (minute * Minute), "log.accepted", rows: accepted)], Noon + (minute * Minute));

    private static AlertEvaluator Create(AlertRuleOptions options) => new([AlertRule.From("rule", options)], TimeSpan.FromHours(1));

    private static List<(int Minute, Alert Alert)> Run(AlertEvaluator evaluator, params double[] values) => Run(evaluator, null, values);

    private static List<(int Minute, Alert Alert)> Run(AlertEvaluator evaluator, TimeSpan? window, params double[] values)
        => [.. values.SelectMany((value, i) => evaluator.Evaluate([ScriptedFigures.Of(value, Noon + (i * Minute), window: window)], Noon + (i * Minute)).Select(alert => (i, alert)))];
}
