using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Networks.Streams;

/// <summary>Training from a set that may be larger than memory: rows are read anew in each epoch and shuffled in a pool. Not for ranking.</summary>
public sealed class StreamOptions
{
    /// <summary>Whether training rows stream. Without it all rows are read into memory first.</summary>
    /// <value>The default value is false.</value>
    public bool IsEnabled { get; set; }

    /// <summary>Rows of the pool in which rows are shuffled, 2 to 100,000,000. The more, the more even the mix and the more memory.</summary>
    /// <value>The default value is 65,536.</value>
    [Range(2, 100_000_000)]
    public int BufferRows { get; set; } = 65_536;

    /// <summary>
    /// Training rows, drawn evenly over the whole set, that stay in memory, 10 to 100,000,000: from them the encoding of features is learned, and they are in the reference profile. All
    /// rows where there are no more.
    /// </summary>
    /// <value>The default value is 200,000.</value>
    [Range(10, 100_000_000)]
    public int SampleRows { get; set; } = 200_000;

    /// <summary>The greatest number of last rows that validate where no validation rows are given, 10 to 100,000,000. They stay in memory.</summary>
    /// <value>The default value is 100,000.</value>
    [Range(10, 100_000_000)]
    public int MaximumValidationRows { get; set; } = 100_000;

    internal StreamOptions Copy() => (StreamOptions)MemberwiseClone();
}
