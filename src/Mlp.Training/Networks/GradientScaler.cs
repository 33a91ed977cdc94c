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

    /// <summary>The factor.</summary>
    public double Scale { get; set; } = 65536;

    /// <summary>Steps since the scale changed.</summary>
    public int GoodSteps { get; set; }

    /// <summary>Tells of a step.</summary>
    /// <param name="isFinite">Whether all gradients were numbers.</param>
    /// <returns>False when they were not, and the scale is as small as it gets.</returns>
    public bool Update(bool isFinite)
    {
        if (isFinite)
        {
            GoodSteps++;
            if (GoodSteps == GrowthInterval)
            {
                (Scale, GoodSteps) = (Scale * 2, 0);
            }

            return true;
        }

        var canFall = Scale > Smallest;
        (Scale, GoodSteps) = (Math.Max(Smallest, Scale / 2), 0);
        return canFall;
    }
}
