using System.Globalization;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Comparison;

/// <summary>Compares two versions on the labelled answers of their log, in the order of their requests. Of each answer 32 bytes are kept. Used once.</summary>
/// <param name="model">Model name.</param>
/// <param name="log">The model's log.</param>
/// <param name="labels">The labels.</param>
/// <param name="options">Validated.</param>
/// <param name="now">The time that maturity counts back from.</param>
internal sealed class VariantComparisonRun(string model, LogScan log, LabelStore labels, VariantComparisonOptions options, DateTimeOffset now)
{
    private readonly ComparedAnswers _champion = new();
    private readonly ComparedAnswers _challenger = new();

    /// <summary>Reads, joins and compares.</summary>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">A version has no logged predictions, the loss does not fit the models, or the answers of a version stand for different numbers of predictions.</exception>
    public VariantComparison Run(string scratch, CancellationToken cancellationToken)
    {
        int[] versions = [options.Champion, options.Challenger];
        var evaluation = new LogEvaluation(model, log, labels, new EvaluationOptions { From = options.From }, now, versions: versions);
        var maturedBefore = Microseconds.FromRequestTime(now - options.Maturity);
        evaluation.Join(
            scratch,
            (in JoinedRow row, ReadOnlySpan<int> _, ReadOnlySpan<double> values) =>
            {
                if (row.RequestTime <= maturedBefore)
                {
                    Add(row, values, evaluation.Outputs[row.Version]);
                }
            },
            cancellationToken);
        foreach (var version in versions)
        {
            if (!evaluation.Outputs.ContainsKey(version))
            {
                throw new InvalidOperationException($"Expected logged predictions of both versions, but found none of version {version} (model '{model}').");
            }
        }

        RequireSameTarget(evaluation.Outputs[options.Champion], evaluation.Outputs[options.Challenger]);
        RequireOneWeight(_champion, options.Champion);
        RequireOneWeight(_challenger, options.Challenger);
        var loss = Resolve(evaluation.Outputs[options.Champion]);
        var paired = ComparedAnswers.Pair(_champion, _challenger);

        // Of split traffic a few requests may still have both answers, of a retry or of a client that reuses ids: they do not speak for the rest.
        var isPaired = paired.Count > 0 && 2 * paired.Count >= Math.Min(_champion.Count, _challenger.Count);
        if (!isPaired && loss == ComparedLoss.LargerError && _champion.Count + _challenger.Count > 0)
        {
            throw new InvalidOperationException(
                $"Expected answers of both versions to the same requests, which comparing by the larger error needs, but found {(paired.Count == 0 ? "none" : $"only {paired.Count} of {Math.Min(_champion.Count, _challenger.Count)}")}: compare by the absolute error with a bound (model '{model}').");
        }

        return isPaired ? Paired(paired, loss) : Split(loss);
    }

    /// <summary>Losses of different targets say nothing about each other.</summary>
    private void RequireSameTarget(ModelOutput champion, ModelOutput challenger)
    {
        if (champion.Task != challenger.Task || !champion.ClassNames.SequenceEqual(challenger.ClassNames, StringComparer.Ordinal))
        {
            throw new InvalidOperationException(
                $"Expected two versions that predict the same thing, but found {Describe(champion)} (version {options.Champion}) and {Describe(challenger)} (version {options.Challenger}) (model '{model}').");
        }

        static string Describe(ModelOutput output) => output.ClassNames.Count > 0 ? $"{output.Task} of {string.Join(", ", output.ClassNames)}" : output.Task.ToString();
    }

    private void Add(in JoinedRow row, ReadOnlySpan<double> values, ModelOutput output)
    {
        if (!row.IsScored || double.IsNaN(row.Label) || !QualityGroup.CanBeLabel(output, row.Label) || !SamplingWeights.IsValid(row.Weight))
        {
            return;
        }

        var loss = LossOf(row, values, output);
        if (!double.IsNaN(loss))
        {
            (row.Version == options.Champion ? _champion : _challenger).Add(row, loss);
        }
    }

    /// <summary>The interval that is right at any time knows no weights. A sample at one rate needs none.</summary>
    private void RequireOneWeight(ComparedAnswers answers, int version)
    {
        if (answers.LeastWeight < answers.GreatestWeight)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected answers that all stand for the same number of predictions, since a comparison that is right at any time has no weights, but found sampling weights from {answers.LeastWeight:G4} to {answers.GreatestWeight:G4} (model '{model}' version {version}): compare over a time of one sampling rate without rules."));
        }
    }

    private ComparedLoss Resolve(ModelOutput output) => options.Loss != ComparedLoss.Default ? options.Loss : output.Task switch
    {
        ModelTask.BinaryClassification => ComparedLoss.SquaredProbabilityError,
        ModelTask.MulticlassClassification => ComparedLoss.WrongClass,
        _ => ComparedLoss.LargerError,
    };

    private double LossOf(in JoinedRow row, ReadOnlySpan<double> values, ModelOutput output) => (Resolve(output), output.Task) switch
    {
        (ComparedLoss.SquaredProbabilityError, ModelTask.BinaryClassification) => Math.Min(1, (row.Score - row.Label) * (row.Score - row.Label)),
        (ComparedLoss.WrongClass, ModelTask.BinaryClassification) => row.Score >= output.DecisionThreshold == (row.Label == 1) ? 0 : 1,
        (ComparedLoss.WrongClass, ModelTask.MulticlassClassification) => MulticlassMetrics.PredictedClass(values) == (int)row.Label ? 0 : 1,
        (ComparedLoss.AbsoluteError, ModelTask.Regression) => Math.Min(options.GreatestError!.Value, Math.Abs(row.Score - row.Label)),
        (ComparedLoss.LargerError, ModelTask.Regression) => Math.Abs(row.Score - row.Label),
        (var loss, var task) => throw new InvalidOperationException($"Expected a loss that fits the model, but found {loss} for {task} (model '{model}')."),
    };

    private VariantComparison Paired(IReadOnlyList<(double Champion, double Challenger)> losses, ComparedLoss loss)
    {
        var greatest = loss == ComparedLoss.AbsoluteError ? options.GreatestError!.Value : 1;
        var sequence = new ConfidenceSequence(-greatest, greatest, options.Significance);
        foreach (var (champion, challenger) in losses)
        {
            var difference = challenger - champion;
            sequence.Add(loss == ComparedLoss.LargerError ? Math.Sign(difference) : difference);
        }

        return Describe(loss, isPaired: true, sequence.Count, sequence.Mean, sequence.Interval);
    }

    private VariantComparison Split(ComparedLoss loss)
    {
        // Each mean has half of the chance to be left out.
        var greatest = loss == ComparedLoss.AbsoluteError ? options.GreatestError!.Value : 1;
        var (champion, challenger) = (new ConfidenceSequence(0, greatest, options.Significance / 2), new ConfidenceSequence(0, greatest, options.Significance / 2));
        foreach (var one in _champion.LossesInOrder())
        {
            champion.Add(one);
        }

        foreach (var one in _challenger.LossesInOrder())
        {
            challenger.Add(one);
        }

        var interval = new ConfidenceInterval(challenger.Interval.Lower - champion.Interval.Upper, challenger.Interval.Upper - champion.Interval.Lower);
        return Describe(loss, isPaired: false, champion.Count + challenger.Count, challenger.Mean - champion.Mean, interval);
    }

    private VariantComparison Describe(ComparedLoss loss, bool isPaired, long rowCount, double difference, ConfidenceInterval interval)
    {
        var result = new VariantComparison
        {
            Model = model,
            Champion = options.Champion,
            Challenger = options.Challenger,
            Loss = loss,
            IsPaired = isPaired,
            RowCount = rowCount,
            Difference = difference,
            Interval = interval,
        };
        if (double.IsNaN(difference))
        {
            return result with
            {
                Problem = $"Expected labelled answers of both versions, but found {_champion.Count} of version {options.Champion} and {_challenger.Count} of version {options.Challenger} ({QualityProblems.Where(model, options.Challenger, options.From, now - options.Maturity)}).",
            };
        }

        return interval.Contains(0) ? result : result with { Finding = FindingOf(result) };
    }

    private Finding FindingOf(VariantComparison result) => new()
    {
        Kind = FindingKind.VariantDifference,
        Subject = new FigureSubject(model, options.Challenger),
        Test = "confidence-sequence",
        Statistic = result.Difference,
        Threshold = 0,
        ReferenceRowCount = _champion.Count,
        RowCount = _challenger.Count,
        From = options.From,
        To = now,
        Message = string.Create(
            CultureInfo.InvariantCulture,
            $"Version {options.Challenger} is {(result.Difference < 0 ? "better" : "worse")} than version {options.Champion} by {Math.Abs(result.Difference):G4} of mean loss ({result.Loss}), {1 - options.Significance:P0} interval {result.Interval.Lower:G4} to {result.Interval.Upper:G4} at any time, over {result.RowCount} {(result.IsPaired ? "requests that both answered" : "answers")} (model '{model}')."),
    };
}
