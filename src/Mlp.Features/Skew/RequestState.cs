namespace Mlp.Features.Skew;

/// <summary>What became of the request of a sampled row.</summary>
internal enum RequestState : byte
{
    /// <summary>The call had none of the type.</summary>
    Absent,

    /// <summary>It was copied.</summary>
    Kept,

    /// <summary>A vector of it has another length than its field, so no training set could hold it.</summary>
    Unfit,

    /// <summary>There is no room for its texts.</summary>
    NoRoom,
}
