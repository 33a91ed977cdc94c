using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels.Joins;

/// <summary>The part of a logged answer that a join carries, of one length for all.</summary>
internal struct JoinedRow
{
    /// <summary>The answer that was served for its request; default when it is not known.</summary>
    public PredictionId RequestId;

    /// <summary>The entity and time that it was about (<see cref="LabelTarget"/>); default without an entity key.</summary>
    public PredictionId Entity;

    /// <summary>When the call came in, microseconds; the least number where it is not known.</summary>
    public long RequestTime;

    /// <summary>The score.</summary>
    public double Score;

    /// <summary>How many predictions it stands for.</summary>
    public double Weight;

    /// <summary>The label, filled by the join; NaN where there is none.</summary>
    public double Label;

    /// <summary>What groups the answers to one query, for ranking.</summary>
    public ulong Query;

    /// <summary>Model version.</summary>
    public int Version;

    /// <summary>Number of the variant in the order of coming.</summary>
    public short Variant;

    /// <summary>Number of the label name that counts.</summary>
    public byte Name;

    /// <summary>Whether the model answered.</summary>
    public bool IsScored;
}
