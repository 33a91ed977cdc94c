using System.Text.Json;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>The route of each model, a folder of <see cref="RevisionFiles"/>. Thread-safe.</summary>
internal sealed class RouteStore(RegistryPaths paths, IDiskSync disk)
{
    private readonly RevisionFiles _files = new(disk);

    /// <summary>The route of a model, or null.</summary>
    public StoredRoute? Find(string model) => FindLatest(model) is { Route: not null } latest ? latest : null;

    /// <summary>Every change of the route of a model, oldest first.</summary>
    public IReadOnlyList<StoredRoute> List(string model) => [.. RevisionFiles.List(paths.Route(model)).Select(r => Read(model, r).ToStored())];

    /// <summary>
    /// Changes a route. When this returns the change is on the device. A route that was removed goes on from its last revision; who sees none expects 0. Challengers get their buckets here, and a
    /// canary that begins gets the time.
    /// </summary>
    /// <exception cref="RouteConflictException">The route is not, or no longer, at the expected revision.</exception>
    public StoredRoute Change(string model, ModelRoute? route, long expectedRevision, DateTimeOffset now, string? reason)
    {
        var latest = FindLatest(model);
        var found = latest?.Revision ?? 0;
        if (found != expectedRevision && (expectedRevision != 0 || latest?.Route is not null))
        {
            throw new RouteConflictException(model, expectedRevision, found);
        }

        var change = new RouteRevision
        {
            Model = model,
            Revision = found + 1,
            ChangedAt = now,
            Reason = reason,
            Route = route is null ? null : BucketAssignment.Assign(Begin(route, now), latest?.Route),
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(change, RouteJsonContext.Default.RouteRevision);
        return _files.TryAdd(paths.RouteRevision(model, change.Revision), json)
            ? change.ToStored()
            : throw new RouteConflictException(model, expectedRevision, RevisionFiles.Latest(paths.Route(model)));
    }

    /// <summary>A canary that is new to the registry begins its step now, with the share of the step.</summary>
    private static ModelRoute Begin(ModelRoute route, DateTimeOffset now)
        => route.Canary is { Status: CanaryStatus.Running, StepStartedAt: null } canary
            ? route.Replace(route.FindVariant(canary.Variant)! with { ShareBasisPoints = canary.Plan.StepBasisPoints[canary.Step] }) with { Canary = canary with { StepStartedAt = now } }
            : route;

    private StoredRoute? FindLatest(string model)
    {
        var revision = RevisionFiles.Latest(paths.Route(model));
        return revision == 0 ? null : Read(model, revision).ToStored();
    }

    private RouteRevision Read(string model, long revision)
    {
        var path = paths.RouteRevision(model, revision);
        var change = VersionedJson.Read<RouteRevision>(
            File.ReadAllBytes(path), path, RouteRevision.FormatName, RouteRevision.CurrentFormatVersion, RouteJsonContext.Default.RouteRevision);
        if (change.Revision != revision || change.Model != model)
        {
            throw new CorruptFileException(path, FormattableString.Invariant($"Expected revision {revision} of the route of model '{model}' in '{path}', but found another change."));
        }

        return change.Route is null || RouteRules.FindProblem(change.Route) is not { } problem
            ? change
            : throw new CorruptFileException(path, $"Expected a whole route in '{path}', but: {problem}");
    }
}
