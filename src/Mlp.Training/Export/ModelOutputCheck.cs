using System.Globalization;
using Mlp.Runtime.Models;

namespace Mlp.Training.Export;

/// <summary>What an export says of its outputs must fit what was trained: a name at the wrong class turns every answer round.</summary>
internal static class ModelOutputCheck
{
    private const double DefaultThreshold = 0.5;

    /// <summary>Refuses what does not fit.</summary>
    /// <param name="options">What the caller says.</param>
    /// <param name="task">What was trained.</param>
    /// <param name="scoreCount">Scores of a row.</param>
    /// <param name="trained">Names of the classes as labels have them; empty where labels are the numbers 0 and 1.</param>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void Require(ExportOptions options, ModelTask task, int scoreCount, IReadOnlyList<string> trained)
    {
        if (task != ModelTask.BinaryClassification && options.DecisionThreshold != DefaultThreshold)
        {
            throw Refuse($"{nameof(ExportOptions.DecisionThreshold)} must be left out for {task}, but is {options.DecisionThreshold}: it is for two classes.");
        }

        if (task != ModelTask.Regression && options.LabelUnit is { } unit)
        {
            throw Refuse($"{nameof(ExportOptions.LabelUnit)} must be left out for {task}, but is '{unit}': it is for regressions.");
        }

        if (options.Precision == ExportPrecision.Float32 && options.PrecisionLimit != ExportOptions.DefaultPrecisionLimit)
        {
            throw Refuse($"{nameof(ExportOptions.PrecisionLimit)} must be left out for {nameof(ExportOptions.Precision)} {ExportPrecision.Float32}, but is {options.PrecisionLimit}: it bounds what narrower numbers may cost.");
        }

        if (options.ClassNames is { Count: > 0 } names)
        {
            Require(names, task, scoreCount, trained);
        }
    }

    private static void Require(IReadOnlyList<string> names, ModelTask task, int scoreCount, IReadOnlyList<string> trained)
    {
        if (task is not (ModelTask.BinaryClassification or ModelTask.MulticlassClassification))
        {
            throw Refuse($"{nameof(ExportOptions.ClassNames)} must be left out for {task}, but has {names.Count} names.");
        }

        var count = task == ModelTask.BinaryClassification ? 2 : scoreCount;
        if (names.Count != count || names.Distinct(StringComparer.Ordinal).Count() != count || names.Any(string.IsNullOrEmpty))
        {
            throw Refuse($"{nameof(ExportOptions.ClassNames)} must be {count} different names, one for each class, but is {Join(names)}.");
        }

        IReadOnlyList<string> classes = trained.Count > 0 ? trained : ["0", "1"];
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] != classes[i] && classes.Contains(names[i], StringComparer.Ordinal))
            {
                throw Refuse($"{nameof(ExportOptions.ClassNames)} must name the classes in the order of their scores, {Join(classes)}, but is {Join(names)}: names in another order would turn the answers round.");
            }
        }
    }

    private static string Join(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));

    private static ArgumentException Refuse(FormattableString sentence) => new($"{nameof(ExportOptions)}.{sentence.ToString(CultureInfo.InvariantCulture)}");
}
