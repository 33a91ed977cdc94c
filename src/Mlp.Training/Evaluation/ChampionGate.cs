using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Training.Evaluation.Comparison;

namespace Mlp.Training.Evaluation;

/// <summary>
/// Decides whether a challenger becomes champion: both files are scored by ONNX Runtime on the same rows, which neither was trained on. A worse model never becomes champion.
/// Thread-safe.
/// </summary>
public sealed class ChampionGate
{
    private readonly GateOptions _options;
    private readonly ILogger _logger;

    /// <summary>Creates a gate.</summary>
    /// <param name="options">Settings, copied; null for the defaults.</param>
    /// <param name="logger">Told of each verdict and promotion; null for nobody.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public ChampionGate(GateOptions? options = null, ILogger<ChampionGate>? logger = null)
    {
        options ??= new();
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));

        _options = options.Copy();
        _logger = logger ?? NullLogger<ChampionGate>.Instance;
    }

    /// <summary>Compares a challenger with the current champion. Changes nothing.</summary>
    /// <param name="challenger">The challenger, with the features that it takes.</param>
    /// <param name="registry">Where the champion is.</param>
    /// <param name="model">Model name.</param>
    /// <param name="alias">The champion's alias, usually <c>champion</c>.</param>
    /// <param name="holdout">Labelled rows, later than what either model was trained on, with the features of both.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <returns>The verdict. A champion that cannot be scored on these rows makes it <see cref="GateDecision.Inconclusive"/>.</returns>
    /// <exception cref="ArgumentException">The challenger does not say which features it takes, or the metric says nothing about its task.</exception>
    /// <exception cref="TrainingDataException">The rows do not fit the challenger.</exception>
    /// <exception cref="InvalidModelException">The challenger's file cannot be run on the rows.</exception>
    public async Task<GateVerdict> CompareAsync(
        ModelPackage challenger, IModelRegistry registry, string model, string alias, ITrainingSet holdout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(challenger);
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        ArgumentNullException.ThrowIfNull(holdout);
        var metric = MetricRule.For(challenger.Output.Task, _options.Metric);
        var features = challenger.Features ?? throw new ArgumentException("Expected the challenger to say which features it takes, but it does not.", nameof(challenger));

        // The alias first: a promotion holds only while the alias is still where it was before the comparison began.
        var current = registry.FindAlias(model, alias);
        var mine = await ScoredModel.CreateAsync(
            model, new OnnxFiles(challenger.Onnx, challenger.ExternalDataDirectory, WeightStorage.Resident, 0), features, challenger.Output, holdout, _options.GroupColumn, cancellationToken).ConfigureAwait(false);
        var verdict = new GateVerdict
        {
            Decision = GateDecision.FirstModel,
            Reason = $"There is no '{alias}' of model '{model}' yet.",
            Metric = metric,
            ChallengerSha256 = Convert.ToHexStringLower(SHA256.HashData(challenger.Onnx.Span)),
            Challenger = mine.Result,
            Alias = alias,
            AliasRevision = current?.Revision ?? 0,
            ChampionVersion = current?.Version,
        };
        if (current is not null)
        {
            verdict = await CompareAsync(verdict, mine, registry, model, current.Version, challenger.Output.Task, holdout, cancellationToken).ConfigureAwait(false);
        }

        _logger.LogInformation("Gate of model {Model}: {Decision}. {Reason}", model, verdict.Decision, verdict.Reason);
        return verdict;
    }

    /// <summary>Moves the champion's alias to a published challenger if the verdict says so.</summary>
    /// <param name="registry">Where the challenger was published.</param>
    /// <param name="manifest">The published challenger.</param>
    /// <param name="verdict">The verdict on it.</param>
    /// <param name="cancellationToken">Gives up before the move.</param>
    /// <returns>The alias after the move, or null when the champion stays.</returns>
    /// <exception cref="ArgumentException">The verdict is about another file.</exception>
    /// <exception cref="AliasConflictException">The alias was moved since the comparison: compare anew.</exception>
    public async Task<ModelAlias?> PromoteAsync(IModelRegistry registry, ModelManifest manifest, GateVerdict verdict, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(verdict);
        if (manifest.OnnxSha256 != verdict.ChallengerSha256)
        {
            throw new ArgumentException(
                $"Expected the version that the verdict is about, but model '{manifest.Name}' version {manifest.Version.ToString(CultureInfo.InvariantCulture)} has another file.", nameof(manifest));
        }

        if (!verdict.IsPromotion)
        {
            return null;
        }

        var alias = await registry.SetAliasAsync(
            manifest.Name, verdict.Alias, manifest.Version, verdict.AliasRevision, verdict.Reason, cancellationToken).ConfigureAwait(false);
        _logger.LogInformation("Model {Model} version {Version} is now '{Alias}'", manifest.Name, manifest.Version, verdict.Alias);
        return alias;
    }

    private async Task<GateVerdict> CompareAsync(
        GateVerdict verdict, ScoredModel challenger, IModelRegistry registry, string model, int version, ModelTask task, ITrainingSet holdout, CancellationToken cancellationToken)
    {
        if (challenger.Result.RowCount < _options.MinimumRows)
        {
            return verdict with
            {
                Decision = GateDecision.Inconclusive,
                Reason = Invariant($"Expected at least {_options.MinimumRows} rows to compare on, but found {challenger.Result.RowCount}: the champion stays."),
            };
        }

        ScoredModel champion;
        try
        {
            champion = await ScoreChampionAsync(registry, model, version, task, holdout, cancellationToken).ConfigureAwait(false);
        }
        catch (MlPlatformException e) when (e is not MissingNativePackageException)
        {
            return verdict with
            {
                Decision = GateDecision.Inconclusive,
                Reason = Invariant($"The champion, version {version}, cannot be scored on these rows, so it stays. {e.Message}"),
            };
        }

        var figures = ComparisonFigures.Of(verdict.Metric, challenger.Result, champion.Result, Invariant($"version {version}"));
        var test = double.IsNaN(figures.Improvement) ? null : Test(figures, challenger, champion, cancellationToken);
        var objection = double.IsNaN(figures.Improvement) ? null : ClassRows.Objection(figures.Metric, challenger.Rows, _options.MinimumClassRows);
        var (decision, reason) = objection is { }
            ? (GateDecision.Inconclusive, objection)
            : test is { Interval: null }
            ? (GateDecision.Inconclusive, "There are too few rows to tell an improvement from chance: the champion stays.")
            : GateRule.Decide(figures with { Interval = test?.Interval }, _options);
        return verdict with
        {
            Champion = champion.Result,
            Improvement = double.IsNaN(figures.Improvement) ? null : figures.Improvement,
            Interval = test?.Interval,
            Test = test?.Test,
            PValue = test?.PValue,
            Decision = decision,
            Reason = reason,
        };
    }

    // Without a choice, draws that are asked for are drawn, also for a metric that has a test of its own; and where none are, nothing is tested.
    private PairedDifference? Test(ComparisonFigures figures, ScoredModel challenger, ScoredModel champion, CancellationToken cancellationToken)
    {
        if (_options.Test is null && _options.BootstrapSamples == 0)
        {
            return null;
        }

        var options = _options.Copy();
        options.Test ??= PairedTest.Bootstrap;
        return ModelComparison.Test(
            figures.Metric, challenger.Rows, champion.Rows, figures.Improvement, (challenger.Threshold, champion.Threshold), options, cancellationToken);
    }

    private async Task<ScoredModel> ScoreChampionAsync(
        IModelRegistry registry, string model, int version, ModelTask task, ITrainingSet holdout, CancellationToken cancellationToken)
    {
        var manifest = registry.FindVersion(model, version)
            ?? throw new ModelNotFoundException(model, Invariant($"{version}"), Invariant($"Expected version {version} of model '{model}', at which the alias points, but found none."));
        var features = manifest.Features
            ?? throw new InvalidModelException(model, Invariant($"Expected model '{model}' version {version} to say which features it takes, but its callers bring the inputs themselves."));
        if (manifest.Output.Task != task)
        {
            throw new InvalidModelException(model, Invariant($"Expected model '{model}' version {version} to be for {task}, but found {manifest.Output.Task}."));
        }

        var files = await registry.OpenOnnxAsync(manifest, WeightStorage.Resident, cancellationToken).ConfigureAwait(false);
        return await ScoredModel.CreateAsync(model, files, features, manifest.Output, holdout, _options.GroupColumn, cancellationToken).ConfigureAwait(false);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private sealed record ScoredModel(ScoredRows Rows, EvaluationResult Result, double Threshold)
    {
        public static async Task<ScoredModel> CreateAsync(
            string model, OnnxFiles files, IReadOnlyList<FeatureColumn> features, ModelOutput output, ITrainingSet holdout, string? groupColumn, CancellationToken cancellationToken)
        {
            var rows = await Evaluator.ScoreAsync(model, files, features, output, holdout, groupColumn, cancellationToken).ConfigureAwait(false);
            return new(rows, EvaluationCalculator.Compute(rows, output.DecisionThreshold, options: null), output.DecisionThreshold);
        }
    }
}
