namespace Mlp.Features.Online;

/// <summary>Where pushed rows go.</summary>
public enum PushTarget
{
    /// <summary>Into both stores: readable online at once, and part of training sets.</summary>
    OnlineAndOffline,

    /// <summary>Into the online store only. Training sets will not see them.</summary>
    Online,

    /// <summary>Into the offline store only.</summary>
    Offline,
}
