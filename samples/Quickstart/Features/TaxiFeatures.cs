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

        // Counts, fares and plain shares follow the market up and down over the years, and a model that learned from them would soon be asked about values it has never seen. It takes
        // what sets a company or an area apart from the others of its time.
        .AddService(BigTipper, version: 1, service => service
            .From<TripFeatures>()
            .From<CompanyStats>("company_big_tip_lift", "company_recent_big_tip_lift")
            .From<AreaStats>("area_big_tip_lift"))
        .AddService(RequestOnly, version: 1, service => service.From<TripFeatures>());
}
