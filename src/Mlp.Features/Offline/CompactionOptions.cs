namespace Mlp.Features.Offline;

/// <summary>Which files of a view a compaction takes.</summary>
public sealed class CompactionOptions
{
    /// <summary>Files with fewer rows are taken; at least 1.</summary>
    /// <value>The default value is null: half of <see cref="FeatureStoreOptions.TargetFileRows"/>.</value>
    public long? SmallFileRows { get; set; }

    /// <summary>How many such files there must be, so that anything is done; at least 1.</summary>
    /// <value>The default value is 2.</value>
    public int MinimumFiles { get; set; } = 2;

    /// <summary>Whether all files are taken, large ones too, so that rows with one key, event time and created time are reduced to the latest wherever they lie.</summary>
    /// <value>The default value is false.</value>
    public bool IsFull { get; set; }

    internal void Check()
    {
        if (SmallFileRows is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(SmallFileRows), SmallFileRows, $"Expected {nameof(SmallFileRows)} to be at least 1, but found {SmallFileRows}.");
        }

        if (MinimumFiles < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(MinimumFiles), MinimumFiles, $"Expected {nameof(MinimumFiles)} to be at least 1, but found {MinimumFiles}.");
        }
    }
}
