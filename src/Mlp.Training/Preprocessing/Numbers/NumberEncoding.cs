namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>How one number is scaled: (y − centre) / scale of the number y that its <see cref="NumberInput"/> makes of the feature.</summary>
/// <param name="Input">Where the number comes from.</param>
/// <param name="Centre">What becomes 0.</param>
/// <param name="Scale">What becomes 1 more; above 0.</param>
internal sealed record NumberEncoding(NumberInput Input, double Centre, double Scale)
{
    /// <summary>The scaled number.</summary>
    /// <param name="value">A finite number.</param>
    /// <param name="least">Where it is cut off below.</param>
    /// <param name="greatest">Where it is cut off above.</param>
    public float Apply(double value, double least, double greatest) => (float)Math.Clamp((value - Centre) / Scale, least, greatest);
}
