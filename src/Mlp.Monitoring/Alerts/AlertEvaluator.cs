using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Alerts;

/// <summary>
/// Holds the rules against the figures. Knows no file, clock or log: the same figures at the same times give the same alerts, but for their ids. Not thread-safe.
/// </summary>
/// <param name="rules">The rules.</param>
/// <param name="resolveWhenGoneFor">After how long without its figure an alert resolves.</param>
internal sealed class AlertEvaluator(IReadOnlyList<AlertRule> rules, TimeSpan resolveWhenGoneFor)
{
    private readonly Dictionary<(string Rule, FigureSubject Subject), AlertInstance> _instances = [];

    /// <summary>What is remembered of each rule and subject.</summary>
    public IReadOnlyCollection<AlertInstance> Instances => _instances.Values;

    /// <summary>Takes up what an earlier process remembered. Alerts of rules that are gone resolve.</summary>
    /// <param name="instances">What it remembered.</param>
    /// <param name="now">The time.</param>
    /// <returns>Alerts that resolved.</returns>
    public IReadOnlyList<Alert> Restore(IEnumerable<AlertInstance> instances, DateTimeOffset now)
    {
        var resolved = new List<Alert>();
        foreach (var instance in instances)
        {
            if (rules.FirstOrDefault(r => r.Name == instance.Rule) is { } rule)
            {
                _instances[instance.Key] = rule.Condition == AlertCondition.Absent ? TakeUpAbsence(rule, instance, now) : instance;
            }
            else if (instance.Fired is { } fired)
            {
                resolved.Add(fired with { State = AlertState.Resolved, ResolvedAt = now, Message = AlertSentences.RuleIsGone(fired) });
            }
        }

        return resolved;
    }

    /// <summary>Replaces what is remembered of a subject.</summary>
    public void Update(AlertInstance instance) => _instances[instance.Key] = instance;

    /// <summary>Looks at the figures.</summary>
    /// <param name="figures">All newest figures.</param>
    /// <param name="now">The time.</param>
    /// <returns>Alerts that fired or resolved, by name of rule.</returns>
    public IReadOnlyList<Alert> Evaluate(IReadOnlyCollection<Figure> figures, DateTimeOffset now)
    {
        var changes = new List<Alert>();
        var byName = figures.ToLookup(f => f.Name, StringComparer.Ordinal);
        foreach (var rule in rules)
        {
            var watched = byName[rule.Figure].Where(rule.Watches).ToList();
            if (rule.Condition == AlertCondition.Absent)
            {
                LookForAbsence(rule, watched, now, changes);
            }
            else
            {
                LookForValues(rule, watched, byName, now, changes);
            }
        }

        return changes;
    }

    private static AlertInstance TakeUpAbsence(AlertRule rule, AlertInstance instance, DateTimeOffset now)
    {
        // A count that has begun anew is not a figure that has changed.
        var restored = LogFigures.CountsSinceStart(rule.Figure) ? instance with { Value = 0, RowCount = 0 } : instance;

        // While no process was there to see figures, none was missed.
        return restored.Phase == AlertPhase.Firing ? restored : restored with { SeenAt = now };
    }

    private void LookForValues(AlertRule rule, List<Figure> watched, ILookup<string, Figure> byName, DateTimeOffset now, List<Alert> changes)
    {
        var seen = new HashSet<FigureSubject>();
        foreach (var figure in watched.Where(rule.HasData))
        {
            if (!seen.Add(figure.Subject))
            {
                continue;
            }

            var instance = Remembered(rule, figure.Subject, now);
            var reference = AlertReference.Of(rule, figure, instance, byName);
            Step(rule, AlertReference.Remember(rule, figure, instance) with { SeenAt = now }, Reading.Of(rule, figure, reference), now, changes);
        }

        foreach (var instance in Of(rule).Where(i => !seen.Contains(i.Subject)))
        {
            Miss(rule, instance, now, changes);
        }
    }

    /// <summary>One alert for all versions of a model where the rule names none: a version that another one has replaced is no absence.</summary>
    private void LookForAbsence(AlertRule rule, List<Figure> watched, DateTimeOffset now, List<Alert> changes)
    {
        foreach (var figures in watched.GroupBy(f => rule.Version is null ? f.Subject with { Version = null } : f.Subject))
        {
            var instance = Remembered(rule, figures.Key, now);
            var known = figures.Where(rule.HasData).ToList();
            if (known.MaxBy(f => f.To) is { } newest && IsNew(newest, known, instance))
            {
                instance = instance with
                {
                    SeenAt = newest.From is null || newest.To > now ? now : newest.To,
                    WindowTo = newest.To,
                    Value = known.Sum(f => f.Value),
                    RowCount = known.Sum(f => f.RowCount),
                };
            }

            _instances[instance.Key] = instance;
        }

        ExpectNamedModel(rule, now);
        foreach (var instance in Of(rule))
        {
            var isAbsent = now - instance.SeenAt >= rule.For;
            Step(rule, instance with { SeenAt = instance.SeenAt > now ? now : instance.SeenAt }, Reading.OfAbsence(isAbsent, instance), now, changes);
        }
    }

    /// <summary>What a rule names is missed also when it has never been there.</summary>
    private void ExpectNamedModel(AlertRule rule, DateTimeOffset now)
    {
        if (rule.Model is null || rule.Slice == AlertRuleOptions.Each || rule.Variant == AlertRuleOptions.Each)
        {
            return;
        }

        var named = new FigureSubject(rule.Model, rule.Version, rule.Variant, rule.Slice, rule.Feature);
        var known = Of(rule);
        if (known.Count == 0)
        {
            _instances[(rule.Name, named)] = Remembered(rule, named, now);
        }
        else if (rule.Feature is null && known.Any(i => i.Subject.Feature is not null))
        {
            // The figure turned out to be one of features, each of which is missed by itself.
            _instances.Remove((rule.Name, named));
        }
    }

    /// <summary>A figure of all times says something new when it holds rows and has changed, one of a window when the window has moved on and holds rows.</summary>
    private static bool IsNew(Figure newest, IReadOnlyCollection<Figure> figures, AlertInstance instance)
        => newest.From is null
            ? figures.Any(f => f.RowCount > 0) && (instance.WindowTo is null || figures.Sum(f => f.RowCount) != instance.RowCount || figures.Sum(f => f.Value) != instance.Value)
            : newest.RowCount > 0 && newest.To != instance.WindowTo;

    private AlertInstance Remembered(AlertRule rule, FigureSubject subject, DateTimeOffset now)
        => _instances.GetValueOrDefault((rule.Name, subject)) ?? new AlertInstance { Rule = rule.Name, Subject = subject, SeenAt = now };

    private List<AlertInstance> Of(AlertRule rule) => [.. _instances.Values.Where(i => i.Rule == rule.Name)];

    /// <summary>The figure is not there, or says nothing: what was about to fire begins anew, what fires goes on for a while.</summary>
    private void Miss(AlertRule rule, AlertInstance instance, DateTimeOffset now, List<Alert> changes)
    {
        var isGone = now - instance.SeenAt >= resolveWhenGoneFor;
        if (instance.Phase == AlertPhase.Firing && isGone)
        {
            Resolve(rule, instance, Reading.Gone, now, changes);
        }
        else if (instance.Phase != AlertPhase.Firing && isGone && (instance.QuietUntil is null || instance.QuietUntil <= now))
        {
            _instances.Remove(instance.Key);
        }
        else if (instance.Phase == AlertPhase.Pending)
        {
            _instances[instance.Key] = instance with { Phase = AlertPhase.Quiet, Since = null, WindowCount = 0 };
        }
    }

    private void Step(AlertRule rule, AlertInstance instance, Reading reading, DateTimeOffset now, List<Alert> changes)
    {
        if (instance.Phase == AlertPhase.Firing)
        {
            if (reading.IsClear)
            {
                Resolve(rule, instance, reading, now, changes);
            }
            else
            {
                _instances[instance.Key] = instance;
            }
        }
        else if (!reading.Holds)
        {
            _instances[instance.Key] = instance with { Phase = AlertPhase.Quiet, Since = null, WindowCount = 0 };
        }
        else
        {
            Hold(rule, instance, reading, now, changes);
        }
    }

    private void Hold(AlertRule rule, AlertInstance instance, Reading reading, DateTimeOffset now, List<Alert> changes)
    {
        var before = _instances.GetValueOrDefault(instance.Key);
        var isNewWindow = before?.Phase != AlertPhase.Pending || before.WindowTo != instance.WindowTo;
        instance = instance with
        {
            Phase = AlertPhase.Pending,
            Since = instance.Since ?? (rule.Condition == AlertCondition.Absent ? instance.SeenAt : now),
            WindowCount = instance.WindowCount + (isNewWindow ? 1 : 0),
        };
        var isLongEnough = rule.Condition == AlertCondition.Absent || (now - instance.Since >= rule.For && instance.WindowCount >= rule.ConsecutiveWindows);
        if (isLongEnough && (instance.QuietUntil is null || now >= instance.QuietUntil))
        {
            var alert = reading.ToAlert(rule, instance, Guid.CreateVersion7(now).ToString("N"), now);
            instance = instance with { Phase = AlertPhase.Firing, Fired = alert, QuietUntil = null, FallbackFrom = null, IsFallbackDone = false };
            changes.Add(alert);
        }

        _instances[instance.Key] = instance;
    }

    private void Resolve(AlertRule rule, AlertInstance instance, Reading reading, DateTimeOffset now, List<Alert> changes)
    {
        if (instance.Fired is { } fired)
        {
            changes.Add(reading.ToResolved(rule, fired, now));
        }

        _instances[instance.Key] = instance with
        {
            Phase = AlertPhase.Quiet,
            Since = null,
            WindowCount = 0,
            Fired = null,
            FallbackFrom = null,
            IsFallbackDone = false,
            QuietUntil = rule.CoolDown > TimeSpan.Zero ? now + rule.CoolDown : null,
        };
    }
}
