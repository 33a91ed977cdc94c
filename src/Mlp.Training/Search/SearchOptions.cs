using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Hosting;

namespace Mlp.Training.Search;

/// <summary>How a search runs.</summary>
public sealed class SearchOptions
{
    /// <summary>Number of trials, 1 to 1,000,000.</summary>
    /// <value>The default value is 20.</value>
    [Range(1, 1_000_000)]
    public int TrialCount { get; set; } = 20;

    /// <summary>Trials at once, 1 to 1,024. Which trials there are does not depend on it, except with <see cref="SearchSampling.Tpe"/>, where it decides what a trial knows of the others.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1024)]
    public int Parallelism { get; set; } = 1;

    /// <summary>
    /// Threads that the trials under way may keep busy together, 0 to 1,024; 0 for one per processor. A trial of <see cref="TrainerObjective"/> waits until the threads of its trainer are free; one that wants more than
    /// all has them alone. Objectives of one's own ask by <see cref="Trial.ReserveThreadsAsync"/>. Results do not depend on it.
    /// </summary>
    /// <value>The default value is 0.</value>
    [Range(0, 1024)]
    public int ThreadBudget { get; set; }

    /// <summary>After how long no further trial begins, up to 365 days; those under way go on to their end.</summary>
    /// <value>The default value is null: no limit.</value>
    [Range(typeof(TimeSpan), "00:00:00.0010000", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>Decides the trials.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>How settings are chosen.</summary>
    /// <value>The default value is <see cref="SearchSampling.Halton"/>.</value>
    [EnumDataType(typeof(SearchSampling))]
    public SearchSampling Sampling { get; set; } = SearchSampling.Halton;

    /// <summary>Trials of <see cref="SearchSampling.Tpe"/> before it learns from them, 1 to 1,000,000.</summary>
    /// <value>The default value is 10.</value>
    [Range(1, 1_000_000)]
    public int StartupTrials { get; set; } = 10;

    /// <summary>Whether a greater value of the objective is better.</summary>
    /// <value>The default value is false: a loss.</value>
    public bool HigherIsBetter { get; set; }

    /// <summary>When a trial is stopped before its end.</summary>
    public PruningOptions Pruning { get; } = new();

    /// <summary>A copy that later changes do not reach.</summary>
    internal SearchOptions Copy()
    {
        var copy = new SearchOptions
        {
            TrialCount = TrialCount,
            Parallelism = Parallelism,
            ThreadBudget = ThreadBudget,
            TimeBudget = TimeBudget,
            Seed = Seed,
            Sampling = Sampling,
            StartupTrials = StartupTrials,
            HigherIsBetter = HigherIsBetter,
        };
        (copy.Pruning.IsEnabled, copy.Pruning.MinimumSteps, copy.Pruning.ReductionFactor) = (Pruning.IsEnabled, Pruning.MinimumSteps, Pruning.ReductionFactor);
        return copy;
    }

    /// <summary>What is wrong with the settings, as sentences.</summary>
    internal List<string> FindFailures() => SettingsRanges.FindFailures(nameof(SearchOptions), this, '.');
}
