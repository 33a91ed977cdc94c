using System.Text.Json.Serialization;

namespace Mlp.Features.Skew;

/// <summary>Why served values were not compared.</summary>
public enum SkewOmissionReason
{
    /// <summary>The call brought no request of the type that the on-demand view computes from: there was nothing to compute, and the features were served Missing.</summary>
    [JsonStringEnumMemberName("no-request")]
    NoRequest = 1,

    /// <summary>A vector of the request has another length than its field, so no training set can hold the request.</summary>
    [JsonStringEnumMemberName("unfit-request")]
    UnfitRequest = 2,

    /// <summary>The method of the on-demand view failed on the request, although it answered when it was served.</summary>
    [JsonStringEnumMemberName("method-failed")]
    MethodFailed = 3,
}
