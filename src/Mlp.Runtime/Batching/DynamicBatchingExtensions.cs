using Mlp.Runtime.Batching;

namespace Mlp.Runtime.Inference;

/// <summary>Dynamic batching as part of a model's settings.</summary>
public static class DynamicBatchingExtensions
{
    /// <summary>Lets calls of one row that come at the same time share a run. A model whose rows do not answer alike alone and together is refused when it is loaded.</summary>
    /// <param name="options">The model's options.</param>
    /// <param name="configure">Settings; null for the defaults.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions WithDynamicBatching(this ModelOptions options, Action<DynamicBatchingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Batching.Enabled = true;
        configure?.Invoke(options.Batching);
        return options;
    }
}
