namespace Mlp.Training.Preprocessing;

/// <summary>Parts of a date and time in the Gregorian calendar, as days of 86,400 seconds since 1970 give them.</summary>
[Flags]
public enum DateParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The year.</summary>
    Year = 1,

    /// <summary>The month, 1 to 12.</summary>
    Month = 2,

    /// <summary>The day of the month, 1 to 31.</summary>
    Day = 4,

    /// <summary>The day of the week, Monday 0 to Sunday 6.</summary>
    Weekday = 8,

    /// <summary>The day of the year, 1 to 366.</summary>
    DayOfYear = 16,

    /// <summary>The hour, 0 to 23.</summary>
    Hour = 32,

    /// <summary>The minute of the hour, 0 to 59.</summary>
    Minute = 64,

    /// <summary>1 on Saturday and Sunday, 0 on other days.</summary>
    Weekend = 128,
}
