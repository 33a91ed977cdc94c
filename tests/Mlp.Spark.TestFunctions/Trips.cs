using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Spark.TestFunctions;

/// <summary>A request.</summary>
public sealed record TripRequest(double Distance, int Passengers);

/// <summary>A stored feature.</summary>
public sealed record AreaInputs(float? MeanFare);

/// <summary>Stored features of two views, and why there is none.</summary>
public sealed record HistoryInputs(float? F, FeatureStatus FStatus, double? G, FeatureStatus GStatus, [property: Feature(Length = 3)] float[]? E);

/// <summary>What follows from them.</summary>
public sealed record HistoryFeatures(double? Sum, string Statuses, [property: Feature(Length = 2)] float[]? Doubled)
{
    /// <summary>Computes it.</summary>
    public static HistoryFeatures From(LabelRequest request, HistoryInputs stored)
        => new(stored.F + stored.G + request.Label, $"{stored.FStatus} {stored.GStatus}", stored.E is { } e ? [e[0] * 2, e[1] * 2] : null);
}

/// <summary>A request of one number.</summary>
public sealed record LabelRequest(float Label);

/// <summary>What follows from a request alone.</summary>
public sealed record LabelFeatures(bool IsHigh)
{
    /// <summary>Computes it.</summary>
    public static LabelFeatures From(LabelRequest request) => new(request.Label > 0.5f);
}

/// <summary>Features of a request.</summary>
public sealed record TripFeatures(float PerPassenger, bool IsLong)
{
    /// <summary>Computes them.</summary>
    public static TripFeatures From(TripRequest request) => new((float)(request.Distance / request.Passengers), request.Distance > 10);

    /// <summary>Computes something else.</summary>
    public static TripFeatures FromOther(TripRequest request) => new((float)request.Distance, request.Distance > 10);

    /// <summary>Computes them from a stored feature too.</summary>
    public static TripFeatures FromStored(TripRequest request, AreaInputs area) => new((area.MeanFare ?? -1) / request.Passengers, request.Distance > 10);

    /// <summary>Throws.</summary>
    public static TripFeatures FromNothing(TripRequest request) => throw new InvalidOperationException("Nobody knows the fare.");

    /// <summary>Computes them by an assembly that lies beside this one.</summary>
    public static TripFeatures FromElsewhere(TripRequest request) => new(Spectre.Console.Markup.Escape("[a]").Length, request.Distance > 10);

    /// <summary>No features.</summary>
    public static int Count(TripRequest request, int more, int evenMore, int most) => request.Passengers + more + evenMore + most;
}
