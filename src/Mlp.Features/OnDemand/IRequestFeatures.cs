using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Computes features from requests of one type.</summary>
internal interface IRequestFeatures<TRequest>
{
    /// <summary>A function that writes the features which a service uses into rows of its layout, without allocating.</summary>
    RequestFeatureWriter<TRequest> CreateWriter(FeatureServiceView view, FeatureRowLayout layout);
}
