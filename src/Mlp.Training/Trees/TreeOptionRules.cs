namespace Mlp.Training.Trees;

/// <summary>What settings of trees must keep beside their ranges.</summary>
internal static class TreeOptionRules
{
    /// <summary>What is wrong, as sentences.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="path">How the sentences name them.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    public static IEnumerable<string> FindFailures(TreeOptions options, string path, char separator)
    {
        if (!Enum.IsDefined(options.Objective))
        {
            yield return $"{path}{separator}{nameof(options.Objective)} must be a known objective, but is {options.Objective}.";
        }

        if (!Enum.IsDefined(options.Boosting))
        {
            yield return $"{path}{separator}{nameof(options.Boosting)} must be a known way of boosting, but is {options.Boosting}.";
        }

        if (options.Distributed is { Group: { } group, Replicas: > 1 } together)
        {
            yield return FormattableString.Invariant(
                $"{path}{separator}{nameof(options.Distributed)}{separator}{nameof(together.Replicas)} must be 1 beside a Group, whose {group.WorldSize} ranks are the replicas, but is {together.Replicas}.");
        }

        if (options.Boosting == TreeBoosting.RandomForest && options.BaggingFraction >= 1 && options.FeatureFraction >= 1)
        {
            yield return $"{path}{separator}{nameof(options.BaggingFraction)} or {nameof(options.FeatureFraction)} must be below 1 for {TreeBoosting.RandomForest}, but both are 1: all trees would be the same.";
        }

        if (options.Objective == TreeObjective.Quantile && options.Alpha >= 1)
        {
            yield return FormattableString.Invariant($"{path}{separator}{nameof(options.Alpha)} must be below 1 for {TreeObjective.Quantile}, but is {options.Alpha}.");
        }

        if (IsRanking(options.Objective) != options.GroupColumn is not null)
        {
            yield return IsRanking(options.Objective)
                ? $"{path}{separator}{nameof(options.GroupColumn)} must name a column for {options.Objective}, but is null."
                : $"{path}{separator}{nameof(options.GroupColumn)} must be null for {options.Objective}, but is '{options.GroupColumn}'.";
        }

        if (options.Metric is { } metric && (metric.Length == 0 || metric.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_')))
        {
            yield return $"{path}{separator}{nameof(options.Metric)} must name one metric, but is '{metric}'.";
        }

        if (options is { Metric: { } beside, CustomMetric: not null, MeasuresTrainingLoss: false })
        {
            yield return $"{path}{separator}{nameof(options.Metric)} must be null beside {nameof(options.CustomMetric)}, which decides when to stop, but is '{beside}'.";
        }

        foreach (var failure in FindWeightFailures(options, path, separator))
        {
            yield return failure;
        }

        foreach (var (feature, direction) in options.MonotoneConstraints)
        {
            if (direction is < -1 or > 1)
            {
                yield return FormattableString.Invariant($"{path}{separator}{nameof(options.MonotoneConstraints)} must be -1, 0 or 1, but is {direction} for '{feature}'.");
            }
        }

        foreach (var (key, value) in options.Parameters)
        {
            if (key.Length == 0 || (key + value).Any(c => char.IsWhiteSpace(c) || c is '=' or '#'))
            {
                yield return $"{path}{separator}{nameof(options.Parameters)} must hold names and values without spaces, but has '{key}'.";
            }
            else if (TreeParameters.SettingOf(key) is { } setting)
            {
                yield return $"{path}{separator}{nameof(options.Parameters)} must not hold '{key}': {setting}.";
            }
            else if (options.IsDeterministic && key == "data_sample_strategy" && value == "goss")
            {
                yield return $"{path}{separator}{nameof(options.IsDeterministic)} must be false with '{key}' of '{value}', whose trees depend on the number of threads, but is true.";
            }
        }
    }

    /// <summary>Whether an objective orders within groups.</summary>
    public static bool IsRanking(TreeObjective objective) => objective is TreeObjective.LambdaRank or TreeObjective.RankXendcg;

    private static IEnumerable<string> FindWeightFailures(TreeOptions options, string path, char separator)
    {
        var isClassified = options.Objective is TreeObjective.Binary or TreeObjective.Multiclass or TreeObjective.MulticlassOneVersusAll;
        if (options.ClassWeights.Count > 0 && !isClassified)
        {
            yield return $"{path}{separator}{nameof(options.ClassWeights)} must be empty for {options.Objective}, which has no classes, but has '{options.ClassWeights.Keys.First()}'.";
        }

        if (options.PositiveWeight != 1 && options.Objective is not (TreeObjective.Binary or TreeObjective.MulticlassOneVersusAll))
        {
            yield return FormattableString.Invariant($"{path}{separator}{nameof(options.PositiveWeight)} must be 1 for {options.Objective}, which has no positive class, but is {options.PositiveWeight}.");
        }

        foreach (var (name, weight) in options.ClassWeights)
        {
            if (!(weight >= 0) || !float.IsFinite((float)weight))
            {
                yield return FormattableString.Invariant($"{path}{separator}{nameof(options.ClassWeights)} must be 0 or more, but is {weight} for '{name}'.");
            }
        }
    }
}
