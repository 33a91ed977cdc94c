using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Routing;

/// <summary>Whether a version of a route can be asked what its champion is asked. Pure functions of what they are given.</summary>
internal static class RouteFit
{
    /// <summary>What keeps every call, or every call there was, from a version of the route; null when nothing does.</summary>
    /// <param name="champion">The version that calls come to.</param>
    /// <param name="participant">The challenger or shadow, whose version is loaded.</param>
    /// <param name="version">Its version.</param>
    /// <param name="isPassedOver">Whether calls have come that it could not be asked, and none that it could.</param>
    /// <returns>A sentence.</returns>
    public static string? FindProblem(ServingVersion champion, RouteParticipant participant, ServingVersion version, bool isPassedOver)
    {
        if (champion.Outputs is null)
        {
            return null;
        }

        return version.Outputs is null ? Sentence(participant, version, "it has no score")
            : FindDifference(champion, version, participant.Lane is not null) is { } difference && (champion.Reader is null || version.Reader is null || isPassedOver)
                ? Sentence(participant, version, $"the features differ from those of version {Text(champion)}: {char.ToLowerInvariant(difference[0])}{difference[1..]}")
            : isPassedOver && version.Reader is null && champion.Reader is not null
                ? Sentence(participant, version, "it has no feature service to read the features of keys from")
            : null;
    }

    /// <summary>How the rows differ that the two take; null when a row for one is a row for the other.</summary>
    private static string? FindDifference(ServingVersion champion, ServingVersion version, bool isShadow)
        => FeatureLayoutCheck.FindDifference(version.Inputs.Layout.Columns, champion.Inputs.Layout.Columns)
            ?? (isShadow && champion.Served.Service != version.Served.Service ? "Expected the same feature service, but found another one" : null);

    private static string Sentence(RouteParticipant participant, ServingVersion version, string why)
        => $"Expected '{participant.Target.Variant}' of model '{participant.Target.Model}' to take the calls of the champion, but version {Text(version)} cannot: {why}; {participant.Target.WithoutVersion}.";

    private static string Text(ServingVersion version) => version.Manifest.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
