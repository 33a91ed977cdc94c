using System.Globalization;
using Mlp.Features.Definitions;

namespace Mlp.PlatformChild;

/// <summary>A feature row whose every field follows from its number, so that a torn one is seen.</summary>
[FeatureView("account_activity", Version = 1, Owner = "tests", Description = "Numbered rows of accounts.")]
internal sealed record AccountActivity
{
    private static readonly DateTimeOffset Beginning = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [EntityKey]
    public required string Account { get; init; }

    [EventTimestamp]
    public required DateTimeOffset EventTime { get; init; }

    [CreatedTimestamp]
    public required DateTimeOffset CreatedTime { get; init; }

    [Feature]
    public required long Number { get; init; }

    [Feature]
    public required float Half { get; init; }

    [Feature]
    public required string Text { get; init; }

    public static AccountActivity Create(string account, long number) => new()
    {
        Account = account,
        EventTime = TimeOf(number),
        CreatedTime = TimeOf(number),
        Number = number,
        Half = HalfOf(number),
        Text = TextOf(number),
    };

    /// <summary>Later numbers come later, so the greatest number of an account is what the online store holds.</summary>
    public static DateTimeOffset TimeOf(long number) => Beginning.AddSeconds(number);

    public static float HalfOf(long number) => number / 2f;

    public static string TextOf(long number) => string.Create(CultureInfo.InvariantCulture, $"number {number}");
}
