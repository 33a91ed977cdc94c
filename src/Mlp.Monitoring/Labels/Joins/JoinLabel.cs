using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels.Joins;

/// <summary>A label on its way through a join.</summary>
internal struct JoinLabel
{
    /// <summary>The served answer, or the entity (<see cref="LabelTarget"/>).</summary>
    public PredictionId Target;

    /// <summary>The entity that a label of an answer was found by; default for a label that names the answer.</summary>
    public PredictionId Scope;

    /// <summary>Identifies the label.</summary>
    public PredictionId Id;

    /// <summary>The truth.</summary>
    public double Value;

    /// <summary>When it became known, microseconds.</summary>
    public long Observed;

    /// <summary>When it was recorded, microseconds.</summary>
    public long Recorded;

    /// <summary>Number of the model that a label of an entity names.</summary>
    public int Model;

    /// <summary>Number of the label's name.</summary>
    public byte Name;

    /// <summary>Whether there is a value; a label without one retracts.</summary>
    public bool HasValue;

    /// <summary>Whether an answer was found for it.</summary>
    public bool IsMatched;

    /// <summary>Observed later, then recorded later, then of the greater id, which a process gives in the order of recording.</summary>
    public readonly bool IsLaterThan(in JoinLabel other)
    {
        if (Observed != other.Observed)
        {
            return Observed > other.Observed;
        }

        return Recorded != other.Recorded ? Recorded > other.Recorded : Id >= other.Id;
    }
}
