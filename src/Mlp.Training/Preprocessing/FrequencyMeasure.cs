namespace Mlp.Training.Preprocessing;

/// <summary>What a frequency encoding tells of a category.</summary>
public enum FrequencyMeasure
{
    /// <summary>The share of the training rows that have it, 0 to 1.</summary>
    Share = 0,

    /// <summary>The number of training rows that have it.</summary>
    Count,

    /// <summary>ln(1 + number of training rows that have it).</summary>
    LogarithmOfCount,
}
