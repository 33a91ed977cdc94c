using Mlp.Features.Definitions;
using Mlp.Features.Hosting;

namespace Mlp.Spark.Tests.OnDemand;

/// <summary>A feature service with a stored view and an on-demand view that computes from a request and from a stored feature, both with methods and types that are not public.</summary>
internal static class TaxiViews
{
    public const string Service = "taxi";
    public const string Unsteady = "unsteady";
    public const string UnsteadyService = "unsteady-service";

    /// <summary>Names of the features of <see cref="Service"/>, in order.</summary>
    public static readonly string[] Features = ["mean_fare", "trip_per_passenger", "trip_area_fare"];

    public static void Add(FeaturesBuilder features) => features
        .Add<Area>()
        .AddOnDemand<Request, Stored, Trip>(Trip.From, "trips", version: 2)
        .AddOnDemand<Request, Place>(Place.From, Unsteady)
        .AddOnDemand<Request, Doubled>(request => new Doubled(2 * request.Distance))
        .AddService(Service, 1, s => s.From<Area>().From("trips", 2).As("trip"))
        .AddService(UnsteadyService, 1, s => s.From<Place>());

    [FeatureView("areas", Version = 1, TimeToLive = "1.00:00:00")]
    internal sealed record Area
    {
        [EntityKey]
        public required long Zone { get; init; }

        [EventTimestamp]
        public required DateTimeOffset EventTime { get; init; }

        [CreatedTimestamp]
        public required DateTimeOffset CreatedTime { get; init; }

        [Feature]
        public required float MeanFare { get; init; }
    }

    internal sealed record Request(double Distance, long Passengers);

    internal sealed record Stored(float? MeanFare);

    internal readonly record struct Trip(float PerPassenger, float AreaFare)
    {
        internal static Trip From(Request request, Stored stored) => new((float)(request.Distance / request.Passengers), stored.MeanFare ?? -1);
    }

    /// <summary>Not what a view may be: in the worker it computes something else.</summary>
    internal sealed record Place(float Where)
    {
        internal static Place From(Request request) => new(Environment.ProcessPath!.EndsWith("mlp-spark-worker", StringComparison.Ordinal) ? (float)request.Distance : -1);
    }

    /// <summary>By a method without a name.</summary>
    internal sealed record Doubled(double Distance);
}
