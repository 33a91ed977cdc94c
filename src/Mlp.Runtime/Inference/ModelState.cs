namespace Mlp.Runtime.Inference;

/// <summary>Whether a model can be called.</summary>
public enum ModelState
{
    /// <summary>Its first version is being loaded.</summary>
    Loading,

    /// <summary>A version is in service.</summary>
    Ready,

    /// <summary>No version is in service, and <see cref="IModel.UnavailableReason"/> says why.</summary>
    Unavailable,

    /// <summary>No version is in memory, and the next call loads one: it is loaded on first use, and was not called yet, or had to make room.</summary>
    Unloaded,
}
