using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Networks;

/// <summary>How the learning rate changes while training lasts. The rate of a step is <see cref="NetworkOptions.LearningRate"/> times what this says.</summary>
public sealed class ScheduleOptions : IValidatableObject
{
    /// <summary>The kind.</summary>
    /// <value>The default value is <see cref="ScheduleKind.Constant"/>.</value>
    [EnumDataType(typeof(ScheduleKind))]
    public ScheduleKind Kind { get; set; } = ScheduleKind.Constant;

    /// <summary>Steps at the beginning over which the rate grows evenly from 0; the schedule begins after them. 0 to 10,000,000. Not with <see cref="ScheduleKind.OneCycle"/>.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, 10_000_000)]
    public int WarmUpSteps { get; set; }

    /// <summary>What the rate is multiplied with, 0.0001 to 1.</summary>
    /// <value>The default value is 0.1.</value>
    [Range(1e-4, 1.0)]
    public double Factor { get; set; } = 0.1;

    /// <summary>Epochs between the steps of <see cref="ScheduleKind.Step"/>, 1 to 100,000.</summary>
    /// <value>The default value is 10.</value>
    [Range(1, 100_000)]
    public int StepEpochs { get; set; } = 10;

    /// <summary>Epochs after which <see cref="ScheduleKind.MultiStep"/> lowers the rate, ascending.</summary>
    /// <value>The default value is empty.</value>
    public IList<int> Milestones { get; private set; } = [];

    /// <summary>Share of the rate that cosine, polynomial and plateau do not go below, 0 to 1.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 1.0)]
    public double MinimumFactor { get; set; }

    /// <summary>Epochs of the first cycle of <see cref="ScheduleKind.Cosine"/>, 0 to 100,000; 0 for one cycle over the whole training.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, 100_000)]
    public int CycleEpochs { get; set; }

    /// <summary>How many times as long as the one before each further cycle is, 1 to 10.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 10)]
    public int CycleMultiplier { get; set; } = 1;

    /// <summary>Share of the training in which <see cref="ScheduleKind.OneCycle"/> goes up, 0.01 to 0.99.</summary>
    /// <value>The default value is 0.3.</value>
    [Range(0.01, 0.99)]
    public double RiseShare { get; set; } = 0.3;

    /// <summary>The rate of <see cref="ScheduleKind.OneCycle"/> at its top divided by the one at its beginning, 1 to 1,000,000.</summary>
    /// <value>The default value is 25.</value>
    [Range(1.0, 1e6)]
    public double InitialDivisor { get; set; } = 25;

    /// <summary>The rate of <see cref="ScheduleKind.OneCycle"/> at its beginning divided by the one at its end, 1 to 1,000,000,000.</summary>
    /// <value>The default value is 10,000.</value>
    [Range(1.0, 1e9)]
    public double FinalDivisor { get; set; } = 1e4;

    /// <summary>Exponent of <see cref="ScheduleKind.Polynomial"/>, 0.1 to 10.</summary>
    /// <value>The default value is 1.</value>
    [Range(0.1, 10.0)]
    public double Power { get; set; } = 1;

    /// <summary>Epochs without a better validation after which <see cref="ScheduleKind.ReduceOnPlateau"/> lowers the rate, 0 to 100,000.</summary>
    /// <value>The default value is 2.</value>
    [Range(0, 100_000)]
    public int Patience { get; set; } = 2;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Milestones.Count; i++)
        {
            if (Milestones[i] < 1 || (i > 0 && Milestones[i] <= Milestones[i - 1]))
            {
                yield return new($"{nameof(Milestones)} must be ascending and at least 1, but has {Milestones[i]} as entry {i}.", [nameof(Milestones)]);
            }
        }

        if (Kind == ScheduleKind.MultiStep && Milestones.Count == 0)
        {
            yield return new($"{nameof(Milestones)} must have an entry for {ScheduleKind.MultiStep}, but is empty.", [nameof(Milestones)]);
        }

        if (Kind == ScheduleKind.OneCycle && WarmUpSteps > 0)
        {
            yield return new($"{nameof(WarmUpSteps)} must be 0 for {ScheduleKind.OneCycle}, which warms up by itself, but is {WarmUpSteps}.", [nameof(WarmUpSteps)]);
        }
    }

    internal ScheduleOptions Copy()
    {
        var copy = (ScheduleOptions)MemberwiseClone();
        copy.Milestones = [.. Milestones];
        return copy;
    }
}
