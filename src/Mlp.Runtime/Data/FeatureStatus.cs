namespace Mlp.Runtime.Data;

/// <summary>Why a feature value is there, or why it is not. The numbers are part of the file formats and never change.</summary>
public enum FeatureStatus : byte
{
    /// <summary>No row is known for the entity at that time, or the entity key is null.</summary>
    Missing = 0,

    /// <summary>The value is there.</summary>
    Present = 1,

    /// <summary>A row is known and its value is null.</summary>
    Null = 2,

    /// <summary>A row is known and is older than the view's time to live.</summary>
    Expired = 3,
}
