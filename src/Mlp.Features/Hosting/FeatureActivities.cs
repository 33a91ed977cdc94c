using System.Diagnostics;

namespace Mlp.Features.Hosting;

/// <summary>The activity source <c>Mlp.Features</c>. Nothing is made while nobody listens. Thread-safe.</summary>
internal static class FeatureActivities
{
    private const string Name = "Mlp.Features";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Begins a span.</summary>
    /// <param name="name">One of <see cref="FeatureSpans"/>.</param>
    /// <returns>The span; null where nobody listens.</returns>
    public static Activity? Start(string name) => Source.StartActivity(name);

    /// <summary>Begins a span of work on a view.</summary>
    /// <param name="name">One of <see cref="FeatureSpans"/>.</param>
    /// <param name="view">Name of the view.</param>
    /// <param name="version">Its version.</param>
    /// <returns>The span; null where nobody listens.</returns>
    public static Activity? StartForView(string name, string view, int version) => Source.StartActivity(name)?.SetTag("view", view).SetTag("version", version);

    /// <summary>Begins a span of work on a service.</summary>
    /// <param name="name">One of <see cref="FeatureSpans"/>.</param>
    /// <param name="service">Name of the service.</param>
    /// <param name="version">Its version.</param>
    /// <returns>The span; null where nobody listens.</returns>
    public static Activity? StartForService(string name, string service, int version) => Source.StartActivity(name)?.SetTag("service", service).SetTag("version", version);
}
