namespace Mlp.Training.Preprocessing;

/// <summary>What stands in for a number that is not there. All but the constant are learned of the finite values of the training rows.</summary>
public enum ImputeKind
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their median, the mean of the two middle ones where there are two.</summary>
    Median,

    /// <summary>The one that occurs most often, the least of several.</summary>
    MostFrequent,

    /// <summary>A given number.</summary>
    Constant,
}
