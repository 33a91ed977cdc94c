namespace Mlp.Features.Online;

/// <summary>Where the rows of a frame go. The numbers are part of the write-ahead log and never change.</summary>
[Flags]
internal enum PushTargets : byte
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>Into the online store.</summary>
    Online = 1,

    /// <summary>Into the offline store.</summary>
    Offline = 2,
}
