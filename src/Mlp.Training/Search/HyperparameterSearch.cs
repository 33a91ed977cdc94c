using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mlp.Runtime.Data;
using Mlp.Training.Networks;
using Mlp.Training.Runs;
using Mlp.Training.Search.Tpe;

namespace Mlp.Training.Search;

/// <summary>
/// Tries settings and keeps each trial as a run. A search that was cut short, by a kill or by its time budget, goes on under the same name: trials that have ended are not repeated, those that were killed are tried again
/// with the settings that they had. The seed and a trial's number decide its settings, whatever the parallelism; with <see cref="SearchSampling.Tpe"/> also the trials that had ended and were under way when it began.
/// </summary>
public sealed class HyperparameterSearch
{
    private const string SearchTag = "search";
    private const string FingerprintTag = "search fingerprint";
    private const string NumberTag = "trial";
    private const string StatusTag = "trial status";
    private const string ValueMetric = "objective";
    private const int MaximumNameLength = 80;

    private readonly IRunTracker _tracker;
    private readonly string _experiment;
    private readonly string _name;
    private readonly SearchSpace _space;
    private readonly SearchOptions _options;
    private readonly TimeProvider _time;
    private readonly HaltonSequence _halton;
    private readonly string _fingerprint;

    /// <summary>Prepares a search.</summary>
    /// <param name="tracker">Keeps the trials.</param>
    /// <param name="experiment">The experiment that they belong to.</param>
    /// <param name="name">Name of the search within the experiment: a platform name of up to 80 characters; the runs are called NAME-0000 and so on.</param>
    /// <param name="space">The settings; copied, later changes have no effect.</param>
    /// <param name="options">How it runs; null for the defaults. Copied, later changes have no effect.</param>
    /// <param name="timeProvider">The clock of the time budget; null for the system's.</param>
    /// <exception cref="ArgumentException">A name is none, the space is empty, or an option is out of range.</exception>
    public HyperparameterSearch(IRunTracker tracker, string experiment, string name, SearchSpace space, SearchOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        PlatformName.Require(experiment, "experiment", nameof(experiment));
        PlatformName.Require(name, "search", nameof(name));
        ArgumentNullException.ThrowIfNull(space);
        if (name.Length > MaximumNameLength)
        {
            throw new ArgumentException($"Expected the name of the search to have up to {MaximumNameLength} characters, since its runs add theirs, but found {name.Length}.", nameof(name));
        }

        _options = (options ?? new SearchOptions()).Copy();
        OptionRanges.ThrowIfAny(_options.FindFailures(), nameof(options));
        if (space.Dimensions.Count == 0)
        {
            throw new ArgumentException("Expected at least one setting to search, but found none.", nameof(space));
        }

        (_tracker, _experiment, _name, _space) = (tracker, experiment, name, space.Copy());
        _time = timeProvider ?? TimeProvider.System;
        _halton = new HaltonSequence(space.Dimensions.Count, _options.Seed);
        var description = string.Join('\n', space.Dimensions.Select(d => $"{d.Name} {d.Description} {d.Condition}").Prepend(string.Create(
            CultureInfo.InvariantCulture,
            $"{_options.Sampling} {_options.Seed} {_options.HigherIsBetter}{(_options.Sampling == SearchSampling.Tpe ? $" {_options.StartupTrials}" : string.Empty)}")));
        _fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(description)))[..32];
    }

    /// <summary>Runs the trials that have not ended yet.</summary>
    /// <param name="objective">Tries settings and gives their value. It may be called from several threads at once. What it throws is the trial's failure and does not end the search.</param>
    /// <param name="cancellationToken">Ends the search; the trials under way count as not done.</param>
    /// <returns>All trials that have ended, also those of earlier calls.</returns>
    /// <exception cref="InvalidOperationException">The experiment has a search of that name with other settings, or another process runs it.</exception>
    /// <exception cref="ArgumentException">The objective's values are better when greater and the search's when less, or the other way round.</exception>
    /// <exception cref="RunWriteException">The disk refuses trials; no further one begins, and those under way go on to their end.</exception>
    /// <exception cref="SearchFailedException">All trials have failed; its inner exception is that of the first one that failed in this call.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<SearchResult> RunAsync(Func<Trial, CancellationToken, Task<double>> objective, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ThrowIfOtherDirection(objective);
        var known = await ReadAsync(cancellationToken).ConfigureAwait(false);
        var pruning = _options.Pruning.IsEnabled ? Recall(known) : null;
        var ended = known.Where(IsEnded).Select(NumberOf).ToHashSet();
        var attempts = known.GroupBy(NumberOf).ToDictionary(g => g.Key, g => g.ToList());
        var trials = new TrialHistory(known.Where(IsEnded).Select(Recall));
        var open = new Queue<int>(Enumerable.Range(0, _options.TrialCount).Where(n => !ended.Contains(n)));
        var threads = new ThreadBudget(_options.ThreadBudget == 0 ? Environment.ProcessorCount : _options.ThreadBudget);
        var hasFailed = false;
        Exception? firstFailure = null;
        var started = _time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(_options.Parallelism, Math.Max(1, open.Count))).Select(_ => Task.Run(WorkAsync, cancellationToken))).ConfigureAwait(false);
        var result = Summarise(await ReadAsync(cancellationToken).ConfigureAwait(false));
        return result.Trials.Count > 0 && result.Trials.All(t => t.Status == TrialStatus.Failed)
            ? throw new SearchFailedException(_name, result, firstFailure)
            : result;

        async Task<double> NotedAsync(Trial trial, CancellationToken stop)
        {
            try
            {
                return await objective(trial, stop).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref firstFailure, e, null);
                throw;
            }
        }

        async Task WorkAsync()
        {
            while (!Volatile.Read(ref hasFailed) && (_options.TimeBudget is not { } budget || _time.GetElapsedTime(started) < budget))
            {
                int number;
                TrialParameters parameters;
                lock (open)
                {
                    if (!open.TryDequeue(out number))
                    {
                        return;
                    }

                    parameters = attempts.GetValueOrDefault(number)?[^1] is { } killed ? SettingsOf(killed) : ParametersOf(number, trials);
                    trials.Begin(number, parameters);
                }

                try
                {
                    trials.End(await TryAsync(number, parameters, attempts.GetValueOrDefault(number)?.Count ?? 0, NotedAsync, pruning, threads, cancellationToken).ConfigureAwait(false));
                }
                catch
                {
                    Volatile.Write(ref hasFailed, true);
                    throw;
                }
            }
        }
    }

    private void ThrowIfOtherDirection(Func<Trial, CancellationToken, Task<double>> objective)
    {
        if (objective.Target is DirectedObjective directed && directed.HigherIsBetter != _options.HigherIsBetter)
        {
            throw new ArgumentException(
                $"Expected {nameof(SearchOptions)}.{nameof(SearchOptions.HigherIsBetter)} to be {directed.HigherIsBetter}, as of the objective's metric, but is {_options.HigherIsBetter}.", nameof(objective));
        }
    }

    private static bool IsEnded(RunRecord run) => run.Status != RunStatus.Running && run.Tags.ContainsKey(StatusTag);

    private static int NumberOf(RunRecord run) => int.Parse(run.Tags[NumberTag], CultureInfo.InvariantCulture);

    private async Task<TpeTrial> TryAsync(
        int number, TrialParameters parameters, int attempt, Func<Trial, CancellationToken, Task<double>> objective, SuccessiveHalving? pruning, ThreadBudget threads, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var run = _tracker.Start(new RunDescription(_experiment)
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{_name}-{number:D4}{(attempt == 0 ? string.Empty : $"-{attempt + 1}")}"),
            Parameters = parameters.Values,
            Tags = new Dictionary<string, string>
            {
                [SearchTag] = _name,
                [FingerprintTag] = _fingerprint,
                [NumberTag] = number.ToString(CultureInfo.InvariantCulture),
            },
        });
        await using var _ = run.ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var seed = (int)SeededRandom.For(_options.Seed, string.Create(CultureInfo.InvariantCulture, $"seed of trial {number}")).Next() & int.MaxValue;
        var trial = new Trial(number, parameters, seed, run, pruning, threads, stop);
        var (value, failure) = await ValueAsync(trial, objective, stop.Token, cancellationToken).ConfigureAwait(false);
        var status = failure is not null ? TrialStatus.Failed : trial.IsPruned ? TrialStatus.Pruned : TrialStatus.Finished;
        run.SetTag(StatusTag, status.ToString());

        // A trial that has its value keeps it, whatever is cancelled now.
        await (failure is null ? run.FinishAsync(CancellationToken.None) : run.FailAsync(failure, CancellationToken.None)).ConfigureAwait(false);
        return new(number, parameters, status, status == TrialStatus.Pruned ? trial.LastValue ?? double.NaN : value, trial.LastStep);
    }

    /// <returns>The value, and why the trial failed; null when it has a value, or was pruned.</returns>
    private static async Task<(double Value, string? Failure)> ValueAsync(Trial trial, Func<Trial, CancellationToken, Task<double>> objective, CancellationToken stop, CancellationToken cancellationToken)
    {
        try
        {
            var value = await objective(trial, stop).ConfigureAwait(false);
            if (trial.IsPruned)
            {
                return (double.NaN, null);
            }

            trial.Run.LogMetric(ValueMetric, value);
            return (value, double.IsFinite(value) ? null : double.IsNaN(value) ? "The objective gave no number." : "The objective gave an infinite number.");
        }
        catch (OperationCanceledException) when (trial.IsPruned && !cancellationToken.IsCancellationRequested)
        {
            return (double.NaN, null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // What fails because the search is cancelled says nothing of the trial.
            cancellationToken.ThrowIfCancellationRequested();
            return (double.NaN, $"{e.GetType().Name}: {e.Message}");
        }
    }

    private TrialParameters ParametersOf(int number, TrialHistory trials)
    {
        var random = SeededRandom.For(_options.Seed, string.Create(CultureInfo.InvariantCulture, $"trial {number}"));
        if (_options.Sampling == SearchSampling.Tpe && number >= _options.StartupTrials && trials.HasEnded)
        {
            return TpeSampler.Propose(_space, trials.ToList(), _options.HigherIsBetter, random);
        }

        var coordinates = Enumerable.Range(0, _space.Dimensions.Count).Select(d => _options.Sampling == SearchSampling.Random ? random.NextDouble() : _halton.At(number, d));
        return _space.At([.. coordinates]);
    }

    // A run may have further parameters, which its objective has logged.
    private TrialParameters SettingsOf(RunRecord run)
        => new(run.Parameters.Where(p => _space.Dimensions.Any(d => d.Name == p.Key)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal));

    private TpeTrial Recall(RunRecord run)
    {
        var status = Enum.Parse<TrialStatus>(run.Tags[StatusTag]);
        MetricPoint? last = run.Metrics.GetValueOrDefault("progress") is { Count: > 0 } points ? points[^1] : null;
        var value = status == TrialStatus.Finished ? run.GetMetric(ValueMetric) : last?.Value;
        return new(NumberOf(run), SettingsOf(run), status, value ?? double.NaN, last?.Step ?? 0);
    }

    private async Task<List<RunRecord>> ReadAsync(CancellationToken cancellationToken)
    {
        var runs = (await _tracker.ListAsync(_experiment, cancellationToken).ConfigureAwait(false)).Where(r => r.Tags.GetValueOrDefault(SearchTag) == _name).ToList();
        if (runs.Find(r => r.Tags.GetValueOrDefault(FingerprintTag) != _fingerprint) is { } other)
        {
            throw new InvalidOperationException(
                $"Expected the trials of search '{_name}' in experiment '{_experiment}' to have the same space, sampling and seed as before, but run '{other.Name}' has others: give this search another name.");
        }

        return runs.Find(r => r.Status == RunStatus.Running) is { } running
            ? throw new InvalidOperationException($"Expected nobody else to run search '{_name}' in experiment '{_experiment}', but run '{running.Name}' is under way.")
            : runs;
    }

    /// <summary>Pruning goes on with the values that ended trials had reached.</summary>
    private SuccessiveHalving Recall(List<RunRecord> known)
    {
        var pruning = new SuccessiveHalving(_options.Pruning.MinimumSteps, _options.Pruning.ReductionFactor, _options.HigherIsBetter);
        foreach (var run in known.Where(IsEnded))
        {
            var rung = 0;
            foreach (var point in run.Metrics.GetValueOrDefault("progress") ?? [])
            {
                pruning.Report(ref rung, point.Step, point.Value);
            }
        }

        return pruning;
    }

    private SearchResult Summarise(List<RunRecord> runs)
    {
        var ended = runs.Where(IsEnded).GroupBy(NumberOf).OrderBy(g => g.Key).Select(g => g.Last()).ToList();
        var trials = ended.ConvertAll(run =>
        {
            var status = Enum.Parse<TrialStatus>(run.Tags[StatusTag]);
            var value = status switch { TrialStatus.Finished => run.GetMetric(ValueMetric), TrialStatus.Pruned => run.GetMetric("progress"), _ => null };
            return new TrialResult(NumberOf(run), SettingsOf(run), status, value, run.Name) { Failure = status == TrialStatus.Failed ? run.Reason : null };
        });
        var finished = trials.Where(t => t.Status == TrialStatus.Finished && t.Value is not null);
        return new SearchResult(trials, _options.HigherIsBetter ? finished.MaxBy(t => t.Value) : finished.MinBy(t => t.Value), ended);
    }
}
