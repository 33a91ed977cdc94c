namespace Mlp.Training.Networks;

/// <summary>How the learning rate changes while training lasts.</summary>
public enum ScheduleKind
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>Times <see cref="ScheduleOptions.Factor"/> every <see cref="ScheduleOptions.StepEpochs"/> epochs.</summary>
    Step,

    /// <summary>Times <see cref="ScheduleOptions.Factor"/> after each of <see cref="ScheduleOptions.Milestones"/>.</summary>
    MultiStep,

    /// <summary>Times <see cref="ScheduleOptions.Factor"/> after each epoch.</summary>
    Exponential,

    /// <summary>
    /// Down a half cosine to <see cref="ScheduleOptions.MinimumFactor"/>, step by step; with <see cref="ScheduleOptions.CycleEpochs"/> again and again
    /// (Loshchilov and Hutter, "SGDR", 2017).
    /// </summary>
    Cosine,

    /// <summary>Up from a fraction of the rate to the rate and down to nearly nothing, step by step (Smith and Topin, 2019).</summary>
    OneCycle,

    /// <summary>(1 − done)^<see cref="ScheduleOptions.Power"/>, step by step, down to <see cref="ScheduleOptions.MinimumFactor"/>.</summary>
    Polynomial,

    /// <summary>Times <see cref="ScheduleOptions.Factor"/> when validation has not become better for <see cref="ScheduleOptions.Patience"/> epochs.</summary>
    ReduceOnPlateau,
}
