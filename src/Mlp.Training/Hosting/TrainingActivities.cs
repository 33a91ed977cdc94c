using System.Diagnostics;

namespace Mlp.Training.Hosting;

/// <summary>The activity source <c>Mlp.Training</c>. Nothing is made while nobody listens. Thread-safe.</summary>
internal static class TrainingActivities
{
    private const string Name = "Mlp.Training";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Begins a span.</summary>
    /// <param name="name">One of <see cref="TrainingSpans"/>.</param>
    /// <returns>The span; null where nobody listens.</returns>
    public static Activity? Start(string name) => Source.StartActivity(name);
}
