namespace Mlp.Training.Preprocessing;

/// <summary>What a category becomes.</summary>
public enum CategoryKind
{
    /// <summary>A slot per frequent value, 1 for the value of the row and 0 elsewhere.</summary>
    OneHot = 0,

    /// <summary>The place of the value in an order, as one number.</summary>
    Ordinal,

    /// <summary>How frequent the value is among the training rows, as one number.</summary>
    Frequency,

    /// <summary>The mean of the label among the training rows with the value, as one number, or one per class when there are more than two.</summary>
    Target,

    /// <summary>A slot per bucket of a hash.</summary>
    Hash,

    /// <summary>A number of its own, for a layer that embeds it.</summary>
    Id,
}
