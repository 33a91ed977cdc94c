namespace Mlp.Spark.TestFunctions;

/// <summary>A request.</summary>
public sealed record TripRequest(double Distance, int Passengers);

/// <summary>A stored feature.</summary>
public sealed record AreaInputs(float? MeanFare);

/// <summary>Features of a request.</summary>
public sealed record TripFeatures(float PerPassenger, bool IsLong)
{
    /// <summary>Computes them.</summary>
    public static TripFeatures From(TripRequest request) => new((float)(request.Distance / request.Passengers), request.Distance > 10);

    /// <summary>Computes something else.</summary>
    public static TripFeatures FromOther(TripRequest request) => new((float)request.Distance, request.Distance > 10);

    /// <summary>Computes them from a stored feature too.</summary>
    public static TripFeatures FromStored(TripRequest request, AreaInputs area) => new((area.MeanFare ?? -1) / request.Passengers, request.Distance > 10);

    /// <summary>No features.</summary>
    public static int Count(TripRequest request, int more, int evenMore, int most) => request.Passengers + more + evenMore + most;
}
