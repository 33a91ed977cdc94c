namespace Mlp.Training.Networks;

/// <summary>
/// The factor by which a float16 loss is scaled so that small gradients are not lost: halved when gradients leave the numbers, and then the step is left out; doubled after
/// <see cref="GrowthInterval"/> steps without (Micikevicius et al., "Mixed Precision Training", 2018; the numbers are PyTorch's).
/// </summary>
internal sealed class GradientScaler
{
    /// <summary>Steps after which the scale is doubled.</summary>
    public const int GrowthInterval = 2000;

    /// <summary>The scale below which gradients are lost for another reason than the scale.</summary>
    public const double Smallest = 1;

    // As many as lead from the first scale to the smallest.
    private const int MaximumSkippedSteps = 16;

    /// <summary>The factor.</summary>
    public double Scale { get; set; } = 65536;

    /// <summary>Steps since the scale changed.</summary>
    public int GoodSteps { get; set; }

    /// <summary>Steps that were left out since the last good one.</summary>
    public int SkippedSteps { get; set; }

    /// <summary>Whether another step that is left out is one too many: the scale is as small as it gets, and there were some before it.</summary>
    public bool IsExhausted => Scale <= Smallest && SkippedSteps >= MaximumSkippedSteps;

    /// <summary>Tells of a step.</summary>
    /// <param name="isFinite">Whether loss and gradients were numbers.</param>
    /// <returns>False when they were not and nothing is left to try.</returns>
    public bool Update(bool isFinite)
    {
        if (isFinite)
        {
            GoodSteps++;
            SkippedSteps = 0;
            if (GoodSteps == GrowthInterval)
            {
                (Scale, GoodSteps) = (Scale * 2, 0);
            }

            return true;
        }

        var isExhausted = IsExhausted;
        (Scale, GoodSteps, SkippedSteps) = (Math.Max(Smallest, Scale / 2), 0, SkippedSteps + 1);
        return !isExhausted;
    }
}
