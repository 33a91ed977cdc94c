using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Hosting;

namespace Mlp.Monitoring.Alerts;

/// <summary>Finds rules that can never meet a figure: nobody would hear of them.</summary>
/// <param name="models">What is monitored; null where that itself is not valid.</param>
/// <param name="watches">The exact evaluations, from which figures by variant and slice come.</param>
internal sealed class AlertFigureCheck(MonitoredModels? models, IReadOnlyList<QualityWatch> watches)
{
    /// <summary>What is wrong, a sentence each.</summary>
    /// <param name="path">Path of the rule.</param>
    /// <param name="rule">The rule.</param>
    public IEnumerable<string> FindFailures(string path, AlertRuleOptions rule)
    {
        if (rule.ReferenceFigure is { Length: > 0 } reference && !KnownFigures.All.Contains(reference))
        {
            yield return Unknown($"{path}:{nameof(rule.ReferenceFigure)}", reference);
        }

        if (rule.Figure is null or "")
        {
            yield break;
        }

        if (!KnownFigures.All.Contains(rule.Figure))
        {
            yield return Unknown($"{path}:{nameof(rule.Figure)}", rule.Figure);
            yield break;
        }

        if (FindUnwatched(path, rule) is { } unwatched)
        {
            yield return unwatched;
            yield break;
        }

        foreach (var failure in FindParts(path, rule))
        {
            yield return failure;
        }
    }

    private static string Unknown(string path, string figure)
        => $"{path} must be the name of a figure, but is '{figure}'; {SettingsSection.Closest(figure, KnownFigures.All)}.";

    private string? FindUnwatched(string path, AlertRuleOptions rule)
    {
        var model = rule.Model == AlertRuleOptions.Each ? null : rule.Model;
        var found = model is null ? "there is none" : $"'{model}' is none";
        return models is null ? null
            : DriftFigures.Names.Contains(rule.Figure)
                ? models.IsDriftWatched(model) ? null : $"{path} needs a model whose drift is watched for figure '{rule.Figure}', but {found}: call {nameof(MonitoringBuilder.DetectDrift)}."
                : models.IsLogged(model) ? null : $"{path} needs a model whose predictions are logged for figure '{rule.Figure}', but {found}: call {nameof(MonitoringBuilder.LogPredictions)}.";
    }

    private IEnumerable<string> FindParts(string path, AlertRuleOptions rule)
    {
        if (rule.Feature is not (null or AlertRuleOptions.Each) && !DriftFigures.OfFeatures.Contains(rule.Figure))
        {
            yield return $"{path}:{nameof(rule.Feature)} must be absent for figure '{rule.Figure}', which is about no feature, but is '{rule.Feature}'.";
        }

        var watched = watches.Where(w => KnownFigures.OfQuality.Contains(rule.Figure) && (rule.Model is null or AlertRuleOptions.Each || rule.Model == w.Model)).ToList();
        if (rule.Variant is not null && !watched.Exists(w => w.Options.ByVariant))
        {
            yield return $"{path}:{nameof(rule.Variant)} needs quality that is watched by variant, but is '{rule.Variant}' where none is: call {nameof(MonitoringBuilder.WatchQuality)} with {nameof(EvaluationOptions.ByVariant)}.";
        }

        if (rule.Slice is { } slice && !watched.Exists(w => w.Options.Slices.Any(s => slice == AlertRuleOptions.Each || slice.StartsWith($"{s.Name}=", StringComparison.Ordinal))))
        {
            yield return $"{path}:{nameof(rule.Slice)} needs quality that is watched by that slice, but is '{slice}' where it is not: call {nameof(MonitoringBuilder.WatchQuality)} with {nameof(EvaluationOptions.Slices)}.";
        }
    }
}
