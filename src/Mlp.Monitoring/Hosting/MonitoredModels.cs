namespace Mlp.Monitoring.Hosting;

/// <summary>Which models the settings name for what, before they are validated.</summary>
/// <param name="options">The settings.</param>
internal sealed class MonitoredModels(MonitoringOptions options)
{
    /// <summary>Whether the predictions of a model are logged; of null whether those of any are.</summary>
    public bool IsLogged(string? model) => Names(options.LoggedModels, model) || IsDriftWatched(model) || Names(options.ProfiledModels, model);

    /// <summary>Whether the drift of a model is watched; of null whether that of any is.</summary>
    public bool IsDriftWatched(string? model) => Names(options.DriftModels, model);

    private static bool Names(IList<string> models, string? model) => model is null ? models.Count > 0 : models.Contains(model) || models.Contains(MonitoringOptions.AllModels);
}
