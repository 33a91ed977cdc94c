namespace Mlp.Training.Networks;

/// <summary>
/// The learning rate of each step. All kinds are functions of the number of the step, so that a resumed training needs no more than that number; only the plateau has a state. The
/// formulas are those of PyTorch's schedulers, stepped once per epoch where an epoch is the unit and once per step otherwise.
/// </summary>
/// <param name="options">The kind and its numbers.</param>
/// <param name="rate">The rate that is changed.</param>
/// <param name="stepsPerEpoch">Steps of an epoch.</param>
/// <param name="epochs">The greatest number of epochs.</param>
internal sealed class LearningRateSchedule(ScheduleOptions options, double rate, int stepsPerEpoch, int epochs)
{
    /// <summary>What <see cref="ScheduleKind.ReduceOnPlateau"/> has made of the rate.</summary>
    public double PlateauFactor { get; set; } = 1;

    /// <summary>Epochs without a better validation since the plateau last lowered the rate.</summary>
    public int PlateauEpochs { get; set; }

    /// <summary>The rate of a step.</summary>
    /// <param name="step">Steps taken before.</param>
    public double At(long step)
    {
        if (step < options.WarmUpSteps)
        {
            return rate * (step + 1) / options.WarmUpSteps;
        }

        // Epochs are counted from the beginning of training; what changes step by step begins after the warm-up.
        var epoch = step / stepsPerEpoch;
        var total = Math.Max(1, ((long)stepsPerEpoch * epochs) - options.WarmUpSteps);
        return rate * Factor(epoch, Math.Min(step - options.WarmUpSteps, total), total);
    }

    /// <summary>Tells the plateau of an epoch.</summary>
    /// <param name="isBetter">Whether validation became better.</param>
    public void EpochEnded(bool isBetter)
    {
        PlateauEpochs = isBetter ? 0 : PlateauEpochs + 1;
        if (PlateauEpochs > options.Patience)
        {
            PlateauEpochs = 0;
            PlateauFactor = Math.Max(options.MinimumFactor, PlateauFactor * options.Factor);
        }
    }

    private double Factor(long epoch, long step, long total) => options.Kind switch
    {
        ScheduleKind.Step => Math.Pow(options.Factor, epoch / options.StepEpochs),
        ScheduleKind.MultiStep => Math.Pow(options.Factor, options.Milestones.Count(m => m <= epoch)),
        ScheduleKind.Exponential => Math.Pow(options.Factor, epoch),
        ScheduleKind.Cosine => Cosine(options.CycleEpochs == 0 ? step / (double)total : CycleShare(step)),
        ScheduleKind.OneCycle => OneCycle(step, total),
        ScheduleKind.Polynomial => Above(Math.Pow(1 - (step / (double)total), options.Power)),
        ScheduleKind.ReduceOnPlateau => PlateauFactor,
        _ => 1,
    };

    private double Above(double share) => options.MinimumFactor + ((1 - options.MinimumFactor) * share);

    private double Cosine(double done) => Above((1 + Math.Cos(Math.PI * done)) / 2);

    private double CycleShare(long step)
    {
        var length = (long)options.CycleEpochs * stepsPerEpoch;
        while (step >= length)
        {
            step -= length;
            length *= options.CycleMultiplier;
        }

        return step / (double)length;
    }

    private double OneCycle(long step, long total)
    {
        var (first, last) = (1 / options.InitialDivisor, 1 / (options.InitialDivisor * options.FinalDivisor));
        var top = Math.Max(1, (options.RiseShare * total) - 1);
        return step <= top
            ? Between(first, 1, step / top)
            : Between(1, last, Math.Min(1, (step - top) / Math.Max(1, total - 1 - top)));
    }

    private static double Between(double from, double to, double share) => to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * share)));
}
