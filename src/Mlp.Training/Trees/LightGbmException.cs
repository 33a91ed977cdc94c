using Mlp.Runtime;

namespace Mlp.Training.Trees;

/// <summary>LightGBM refused what it was asked for.</summary>
/// <param name="action">What was asked, as "train" or "read the rows".</param>
/// <param name="reason">What LightGBM said.</param>
public sealed class LightGbmException(string action, string reason)
    : MlPlatformException($"Expected LightGBM to {action}, but it says: {reason.Trim()}")
{
    /// <summary>What LightGBM said.</summary>
    public string Reason { get; } = reason.Trim();
}
