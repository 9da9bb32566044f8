"""What PostHog lets a query call: names, how many arguments and parameters, and which names may be written in any case.

It holds for PostHog, whether the emulator can do a function or not: what is not here is refused in PostHog's words, what
is here and nowhere else in this package is a gap of the emulator, and is called one. Known from PostHog's own lists of
functions, as they were in 2026; in 2025 they were shorter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from attrs import define, evolve


@define(frozen=True)
class Permitted:
    """A name that a query may call.

    Attributes:
        least: How many arguments it needs.
        most: How many it takes; None: any number.
        aggregate: Whether it aggregates.
        params: How many parameters it needs and takes, in brackets of their own; None: nobody counts them.
        any_case: Whether the name may be written in any case.
    """

    least: int
    most: int | None
    aggregate: bool = False
    params: tuple[int, int | None] | None = None
    any_case: bool = False


# "least-most: names"; "+" for any number; "~" before a name that may be written in any case.
_SCALARS: Final = """
0: e pi rand yesterday ~current_timestamp today current_date rowNumberInBlock rowNumberInAllBlocks
   h3GetRes0Indexes rank dense_rank row_number
0-1: ~now
0+: array tuple map
1: nowInBlock negate ~abs empty notEmpty isEmpty isNotEmpty ~length ~reverse arrayEnumerate arrayPopBack arrayPopFront arrayJoin
   arrayDifference arrayDistinct arrayEnumerateDense arrayReverse arrayFlatten arrayCompact arrayProduct
   hex unhex reinterpretAsUInt8 reinterpretAsUInt16 reinterpretAsUInt32 reinterpretAsUInt64 reinterpretAsUInt128
   reinterpretAsUInt256 reinterpretAsInt8 reinterpretAsInt16 reinterpretAsInt32 reinterpretAsInt64 reinterpretAsInt128
   reinterpretAsInt256 reinterpretAsFloat32 reinterpretAsFloat64 reinterpretAsUUID toInt toIntOrZero _toInt8 _toInt16
   _toInt32 _toInt64 _toUInt64 _toUInt128 toFloat toFloatOrZero _toDate toUUID toNullableString toBool _toNullableBool
   toJSONString toTypeName cityHash64 UUIDv7ToDateTime toDate to_date ~isnull isNotNull assumeNotNull toNullable
   timeZoneOf timeZoneOffset toYear toQuarter toMonth toDayOfYear toDayOfMonth toHour toMinute toSecond
   toUnixTimestamp64Milli fromUnixTimestamp64Milli toStartOfYear toStartOfISOYear toStartOfQuarter toStartOfMonth
   toLastDayOfMonth toMonday toStartOfHour toStartOfMinute toStartOfSecond toStartOfFiveMinutes toStartOfTenMinutes
   toStartOfFifteenMinutes toTime toISOYear toISOWeek timeSlot toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss monthName
   fromUnixTimestamp toModifiedJulianDay fromModifiedJulianDay toIntervalSecond toIntervalMinute toIntervalHour
   toIntervalDay toIntervalWeek toIntervalMonth toIntervalQuarter toIntervalYear
   geohashDecode h3IsValid h3GetResolution h3GetBaseCell h3EdgeAngle h3EdgeLengthM h3EdgeLengthKm h3ToGeo h3ToGeoBoundary
   h3HexAreaM2 h3HexAreaKm2 h3ToString stringToH3 h3IsResClassIII h3IsPentagon h3GetFaces h3CellAreaM2 h3CellAreaRads2
   h3ExactEdgeLengthM h3ExactEdgeLengthKm h3ExactEdgeLengthRads h3NumHexagons h3GetPentagonIndexes
   h3UnidirectionalEdgeIsValid h3GetOriginIndexFromUnidirectionalEdge h3GetDestinationIndexFromUnidirectionalEdge
   h3GetIndexesFromUnidirectionalEdge h3GetUnidirectionalEdgesFromHexagon h3GetUnidirectionalEdgeBoundary
   isValidJSON ~exp ~log ~ln exp2 ~log2 exp10 ~log10 ~sqrt cbrt erf erfc lgamma tgamma ~sin ~cos ~tan ~asin ~acos ~atan
   intExp2 intExp10 cosh acosh sinh asinh atanh log1p ~sign ~degrees ~radians ~factorial roundToExp2 roundDuration roundAge
   lengthUTF8 ~lower ~upper lowerUTF8 upperUTF8 isValidUTF8 toValidUTF8 reverseUTF8 base58Encode base58Decode
   tryBase58Decode base64Encode base64Decode tryBase64Decode encodeXMLComponent decodeXMLComponent extractTextFromHTML
   ~ascii regexpQuoteMeta tokens initcap ~not mapKeys mapValues bitNot bitCount bitmapBuild bitmapToArray
   bitmapCardinality bitmapMin bitmapMax protocol domain domainWithoutWWW topLevelDomain firstSignificantSubdomain
   cutToFirstSignificantSubdomain cutToFirstSignificantSubdomainWithWWW path pathFull queryString fragment
   queryStringAndFragment extractURLParameters extractURLParameterNames URLHierarchy URLPathHierarchy encodeURLComponent
   decodeURLComponent encodeURLFormComponent decodeURLFormComponent netloc cutWWW cutQueryString cutFragment
   cutQueryStringAndFragment untuple tupleToNameValuePairs tupleNegate isFinite isInfinite ifNotFinite isNaN
   formatReadableDecimalSize formatReadableSize formatReadableQuantity indexHint extractIPv4Substrings L1Norm L2Norm
   LinfNorm L1Normalize L2Normalize LinfNormalize first_value last_value languageCodeToName
1-2: toFloatOrDefault toString parseDateTimeBestEffort toDateTime toDateTimeUS toUnixTimestamp toStartOfWeek toStartOfDay
   toLastDayOfWeek to_timestamp toTimeZone arrayMin arrayMax arraySum arrayAvg arrayStringConcat ~floor ~ceil ~trunc
   ~round roundBankers splitByWhitespace splitByNonAlpha alphaTokens ltrim trimLeft rtrim trimRight btrim ~trim port
   formatReadableTimeDelta
1-3: range toDateTime64 toDayOfWeek toWeek toYearWeek mapPopulateSeries tumbleStart tumbleEnd hopStart hopEnd lagInFrame
   leadInFrame lag lead JSONExtractKeysAndValues
1+: arrayCount arraySort arrayReverseSort arrayUniq arrayIntersect arrayExists arrayAll arrayCumSum arrayCumSumNonNegative
   ~coalesce JSONHas JSONLength JSONArrayLength JSONType JSONExtractUInt JSONExtractInt JSONExtractFloat JSONExtractBool
   JSONExtractString JSONExtractKey JSONExtractKeys JSONExtractRaw JSONExtractArrayRaw JSONExtractKeysAndValuesRaw
2: plus minus multiply divide intDiv intDivOrZero modulo moduloOrZero positiveModulo gcd lcm ~max2 ~min2
   arrayElement has hasAll hasAny hasSubstr indexOf countEqual arrayPushBack arrayPushFront arrayAUC arrayWithConstant
   arrayRotateLeft arrayRotateRight toDecimal toUUIDOrDefault ~ifnull ~nullif date_add date_subtract timeStampAdd
   timeStampSub addYears addMonths addWeeks addDays addHours addMinutes addSeconds addQuarters subtractYears
   subtractMonths subtractWeeks subtractDays subtractHours subtractMinutes subtractSeconds subtractQuarters dateName
   date_part timezone h3kRing h3IndexesAreNeighbors h3ToChildren h3ToParent h3ToCenterChild h3Line h3Distance h3HexRing
   h3GetUnidirectionalEdge ~pow ~power atan2 hypot roundDown left right appendTrailingCharIfAbsent endsWith startsWith
   multiSearchAllPositions multiSearchAllPositionsUTF8 multiSearchFirstPosition multiSearchFirstIndex multiSearchAny
   multiSearchAllPositionsCaseInsensitive multiSearchAllPositionsCaseInsensitiveUTF8 multiSearchAnyUTF8
   multiSearchAnyCaseInsensitive multiSearchAnyCaseInsensitiveUTF8 multiSearchFirstIndexUTF8
   multiSearchFirstIndexCaseInsensitive multiSearchFirstIndexCaseInsensitiveUTF8 multiSearchFirstPositionUTF8
   multiSearchFirstPositionCaseInsensitive multiSearchFirstPositionCaseInsensitiveUTF8 match multiMatchAny
   multiMatchAnyIndex multiMatchAllIndices ~extract extractAll extractAllGroupsHorizontal extractAllGroupsVertical
   extractGroups like ilike notLike notILike ngramDistance ngramDistanceCaseInsensitive ngramDistanceUTF8
   ngramDistanceCaseInsensitiveUTF8 ngramSearch ngramSearchCaseInsensitive ngramSearchUTF8
   ngramSearchCaseInsensitiveUTF8 countMatches countMatchesCaseInsensitive hasSubsequence hasSubsequenceCaseInsensitive
   hasSubsequenceUTF8 hasSubsequenceCaseInsensitiveUTF8 hasToken hasTokenCaseInsensitive hasTokenOrNull
   hasTokenCaseInsensitiveOrNull hasAllTokens hasAnyTokens extractAllGroups ngrams repeat equals notEquals less greater
   lessOrEquals greaterOrEquals in notIn mapFromArrays mapContains mapContainsKeyLike mapExtractKeyLike mapApply
   mapFilter mapUpdate bitAnd bitOr bitXor bitShiftLeft bitShiftRight bitRotateLeft bitRotateRight bitTest
   bitHammingDistance bitmapContains bitmapHasAny bitmapHasAll bitmapAnd bitmapOr bitmapXor bitmapAndnot
   bitmapAndCardinality bitmapOrCardinality bitmapXorCardinality bitmapAndnotCardinality extractURLParameter
   cutURLParameter tupleHammingDistance tuplePlus tupleMinus tupleMultiply tupleDivide tupleMultiplyByNumber
   tupleDivideByNumber dotProduct ~least ~greatest tumble LpNorm L1Distance L2Distance LinfDistance LpNormalize
   cosineDistance nth_value
2-3: arrayResize arraySlice parseDateTime toStartOfInterval dateAdd dateSub timeSlots formatDateTime date_trunc dateTrunc
   to_char geohashEncode leftPad rightPad leftPadUTF8 rightPadUTF8 ~position positionCaseInsensitive positionUTF8
   positionCaseInsensitiveUTF8 locate countSubstrings countSubstringsCaseInsensitive countSubstringsCaseInsensitiveUTF8
   regexpExtract splitByChar splitByString splitByRegexp tupleElement multiplyDecimal divideDecimal
2+: arrayConcat arrayEnumerateUniq arrayReduce arrayFilter arrayZip arrayMap arrayFill arraySplit arrayReverseFill
   arrayReverseSplit arrayFirst arrayLast arrayFirstIndex arrayLastIndex JSONExtract JSON_VALUE format ~concat
   concatWithSeparator and or xor mapAdd mapSubtract pointInPolygon
3: generateSeries age date_bin date_diff dateDiff make_date geoToH3 ~substring substringUTF8 convertCharset
   multiFuzzyMatchAny multiFuzzyMatchAnyIndex multiFuzzyMatchAllIndices ~replace replaceAll replaceOne replaceRegexpAll
   replaceRegexpOne translate translateUTF8 lpad rpad split_part ~if bitSlice bitmapSubsetInRange bitmapSubsetLimit
   subBitmap bitmapTransform hop LpDistance
3-4: transform
3+: arrayFold multiIf bitTestAll bitTestAny
4: greatCircleDistance geoDistance greatCircleAngle h3PointDistM h3PointDistKm h3PointDistRads width_bucket bar
5: geohashesInBox
6: make_interval
6-7: make_timestamp
6+: pointInEllipses
7: make_timestamptz aggregate_funnel aggregate_funnel_array aggregate_funnel_cohort
8: aggregate_funnel_trends aggregate_funnel_array_trends aggregate_funnel_cohort_trends
"""

# What ClickHouse knows nothing of.
_OWN: Final = """
1: matchesAction sparkline explainCSPReport ~sortablesemver lookupDomainType lookupPaidSourceType lookupPaidMediumType
   lookupOrganicSourceType lookupOrganicMediumType getTrafficType getTrafficCategory isLikelyBot getBotType getBotName
   getBotOperator __preview_getTrafficType __preview_getTrafficCategory __preview_isBot __preview_getBotType
   __preview_getBotName __preview_getBotOperator
1-2: recordingButton embedText
1-3: getSurveyResponse uniqueSurveySubmissionsFilter
3-4: convertCurrency
"""
# As above; a name with "/If" takes that ending too, and one argument more.
_AGGREGATES: Final = """
0-1: ~count countState
1: countMerge countDistinct sumForEach minForEach array_agg json_agg every argMinMerge argMaxMerge sumForEachState
   sumForEachMerge avgState/If avgMerge/If avgArray groupBitmapState groupBitmapAndState groupBitmapOrState medianArray
   ~min/If ~max/If ~sum/If ~avg/If any/If stddevPop/If stddevSamp/If varPop/If varSamp/If anyHeavy/If anyLast/If
   groupArray/If groupUniqArray/If groupArrayMovingAvg/If groupArrayMovingSum/If groupBitAnd/If groupBitOr/If
   groupBitXor/If groupBitmap/If groupBitmapAnd/If groupBitmapOr/If groupBitmapXor/If sumWithOverflow/If deltaSum/If
   sumMapMerge/If sumMerge/If sumState/If skewSamp/If skewPop/If kurtSamp/If kurtPop/If uniqMerge/If uniqMap uniqMapMerge/If
   uniqState/If median/If medianExact/If medianExactLow/If medianExactHigh/If medianExactWeighted/If medianTiming/If
   medianTimingWeighted/If medianDeterministic/If medianTDigest/If medianTDigestWeighted/If medianBFloat16/If md5 avgMap
   avgMapMerge/If
1-2: countIf countStateIf countDistinctIf sumMap/If minMap/If maxMap/If
1-99: windowFunnel
1+: uniq/If uniqExact/If uniqExactState uniqExactMerge uniqHLL12/If uniqTheta/If quantiles
2: covarPop/If covarSamp/If corr string_agg argMin/If argMax/If argMinState argMaxState avgWeighted/If
   groupArrayInsertAt/If deltaSumTimestamp/If simpleLinearRegression/If contingency/If cramersV/If
   cramersVBiasCorrected/If theilsU/If maxIntersections/If maxIntersectionsPosition/If
2-3: countMapIf avgMapIf avgMapState
"""
# Parameters that PostHog counts; those of other aggregates are ClickHouse's business.
_PARAMETERS: Final[Mapping[str, tuple[int, int, int, int | None]]] = {
    # name: least and most arguments, least and most parameters
    "topK": (1, 1, 1, 1),
    "quantile": (1, 1, 1, 1),
    "quantileIf": (2, 2, 1, 1),
    "quantilesIf": (2, 2, 1, 1),
    "quantileExact": (1, 1, 1, 1),
    "groupArraySample": (1, 1, 1, 2),
    "groupArraySampleIf": (2, 2, 1, 2),
    "percentile_cont": (0, 0, 1, 1),
    "percentile_disc": (0, 0, 1, 1),
    "quantilesState": (1, 1, 1, None),
    "quantilesStateIf": (2, 2, 1, None),
    "quantilesMerge": (1, 1, 1, None),
    "quantilesMergeIf": (2, 2, 1, None),
    "uniqUpToMerge": (1, 1, 1, 1),
    "groupUniqArrayArray": (1, 1, 0, 1),
    "groupUniqArrayArrayIf": (2, 2, 0, 1),
}
# These take the endings of ClickHouse's combinators, one after the other.
_COMBINED: Final = {
    "avg": (1, 1),
    "sum": (1, 1),
    "min": (1, 1),
    "max": (1, 1),
    "count": (0, 1),
    "countDistinct": (1, 1),
    "median": (1, 1),
}
_LAST: Final = ("If",)
_EMPTY: Final = ("OrDefault", "OrNull")
_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "If": (),
    **dict.fromkeys(_EMPTY, _LAST),
    **dict.fromkeys(("Array", "Map", "State", "Merge", "ForEach", "ArgMin", "ArgMax"), (*_LAST, *_EMPTY)),
}
_ONE_MORE: Final = frozenset({"If", "ArgMin", "ArgMax"})


def _read(table: str) -> Iterator[tuple[str, Permitted]]:
    sizes = ""
    for line in table.strip().splitlines():
        head, colon, names = line.partition(": ")
        if colon:
            sizes = head
        least, _, most = sizes.removesuffix("+").partition("-")
        upper = None if sizes.endswith("+") else int(most or least)
        for name in (names if colon else line).split():
            yield name, Permitted(int(least), upper)


def _plain(table: str) -> Iterator[tuple[str, Permitted]]:
    for name, found in _read(table):
        yield name.lstrip("~"), evolve(found, any_case=name.startswith("~"))


def _aggregates() -> Iterator[tuple[str, Permitted]]:
    for base, (least, most) in _COMBINED.items():
        yield from _combined(base, least, most, tuple(_ENDINGS))
    for written, found in _plain(_AGGREGATES):
        name, _, ending = written.partition("/")
        yield name, evolve(found, aggregate=True)
        if ending:
            upper = None if found.most is None else found.most + 1
            yield name + ending, Permitted(found.least + 1, upper, True)
    for name, (least, most, fewest, highest) in _PARAMETERS.items():
        yield name, Permitted(least, most, True, (fewest, highest) if fewest else None)


def _combined(name: str, least: int, most: int, endings: tuple[str, ...]) -> Iterator[tuple[str, Permitted]]:
    for ending in endings:
        longer, more = name + ending, ending in _ONE_MORE
        yield longer, Permitted(least + more, most + more, True)
        yield from _combined(longer, least + more, most + more, _ENDINGS[ending])


_AGGREGATING: Final[Mapping[str, Permitted]] = dict(_aggregates())
_COMPUTING: Final[Mapping[str, Permitted]] = dict(_plain(_SCALARS))
# In the order in which PostHog looks.
_TABLES: Final = (_AGGREGATING, _COMPUTING, dict(_plain(_OWN)))
PERMITTED: Final[Mapping[str, Permitted]] = {
    name: found for table in reversed(_TABLES) for name, found in table.items()
}
# Names that begin with an underscore are for PostHog's own use, and its own functions it does not propose.
_PROPOSED: Final = [name for name in (*_COMPUTING, *_AGGREGATING) if not name.startswith("_")]


def permitted(name: str) -> tuple[str, Permitted] | None:
    """The name as PostHog lists it, and what it takes; None where PostHog refuses it."""
    lower = name.lower()
    for table in _TABLES:
        if name in table:
            return name, table[name]
        if lower in table and table[lower].any_case:
            return lower, table[lower]
    return None


def proposed(name: str) -> str | None:
    """The name that PostHog proposes for one that it does not know."""
    return next(iter(get_close_matches(name, _PROPOSED, 1)), None)
