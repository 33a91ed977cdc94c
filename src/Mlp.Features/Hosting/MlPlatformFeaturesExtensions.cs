using Mlp.Features;

namespace Mlp.Runtime.Hosting;

/// <summary>The feature store of a platform.</summary>
public static class MlPlatformFeaturesExtensions
{
    extension(MlPlatform platform)
    {
        /// <summary>The feature store.</summary>
        /// <exception cref="InvalidOperationException">The platform was built without <c>AddFeatures</c>.</exception>
        public FeatureStore Features => platform.FindPart<FeatureStore>()
            ?? throw new InvalidOperationException("Expected a platform with features, but AddFeatures was not called.");
    }
}
