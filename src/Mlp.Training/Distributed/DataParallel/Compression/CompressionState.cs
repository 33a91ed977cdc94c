namespace Mlp.Training.Distributed.DataParallel.Compression;

/// <summary>What rounding of gradients remembers from step to step. A part of the state of the training. For one thread.</summary>
internal sealed class CompressionState
{
    // Powers by which no gradient that a training survives leaves float32.
    private const int LargestExponent = 48;

    // The largest sum becomes 512 to 1,024, a 64th of the largest float16: room for a step that is larger than the one before, and 23 binades of full precision below.
    private const int Target = 9;

    private float[] _next;

    /// <summary>Begins without memory.</summary>
    /// <param name="length">Gradients.</param>
    /// <param name="isScaled">Whether the type they are rounded to needs a scale.</param>
    /// <param name="keepsResiduals">Whether what is taken from gradients goes along with the next ones.</param>
    /// <param name="canLeaveOut">Whether a step may be left out, after which all is as before.</param>
    public CompressionState(int length, bool isScaled, bool keepsResiduals, bool canLeaveOut)
    {
        IsScaled = isScaled;
        Residuals = keepsResiduals ? new float[length] : [];
        _next = keepsResiduals && canLeaveOut ? new float[length] : Residuals;
    }

    /// <summary>What rounding has taken from this rank's gradients; empty where it is lost.</summary>
    public float[] Residuals { get; private set; }

    /// <summary>Where what rounding takes in the step under way goes; the same memory where no step is left out.</summary>
    public float[] Next => _next;

    /// <summary>The power of two by which gradients are multiplied before they are rounded, equal on all ranks.</summary>
    public int Exponent { get; set; }

    /// <summary>Magnitude of the largest sum of the step under way, scaled; NaN or infinite where a gradient is no number.</summary>
    public float Largest { get; set; }

    private bool IsScaled { get; }

    /// <summary>Ends a step.</summary>
    /// <param name="isLeftOut">Whether weights stay as they are for another reason than a gradient that is no number.</param>
    public void EndStep(bool isLeftOut)
    {
        if (isLeftOut || !float.IsFinite(Largest))
        {
            return;
        }

        (Residuals, _next) = (_next, Residuals);
        if (IsScaled && Largest > 0)
        {
            Exponent = Math.Clamp(Exponent + Target - (int)Math.Floor(Math.Log2(Largest)), -LargestExponent, LargestExponent);
        }
    }
}
