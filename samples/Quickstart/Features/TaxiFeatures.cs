using Mlp.Features.Hosting;

namespace Quickstart.Features;

/// <summary>The feature definitions of the big-tipper problem, the same for training and serving.</summary>
internal static class TaxiFeatures
{
    /// <summary>Name of the model, and of the feature service it takes.</summary>
    public const string BigTipper = "big-tipper";

    /// <summary>The service without stored features, to show what they are worth.</summary>
    public const string RequestOnly = "big-tipper-request-only";

    public static void Add(FeaturesBuilder features) => features
        .Add<CompanyStats>()
        .Add<AreaStats>()
        .AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From, "trip_features", version: 1, description: "Features of the request itself.")
        .AddService(BigTipper, version: 1, service => service.From<TripFeatures>().From<CompanyStats>().From<AreaStats>())
        .AddService(RequestOnly, version: 1, service => service.From<TripFeatures>());
}
